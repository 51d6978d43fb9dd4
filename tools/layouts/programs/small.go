// Program with nothing beside the runtime: every function in it is in all programs.
package main

func main() {}
