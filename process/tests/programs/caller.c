#include <stdio.h>
#include <stdlib.h>
#include "lib.h"
static int inner(int n) { int r = GoWork(n); return r + 1; }
int outer(int n) { return inner(n) + 1; }
int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 3;
  if (argc < 3) GoStart(4);
  if (n == 7) { volatile int *p = (int*)16; *p = 1; }
  if (n == 8) abort();
  printf("%d\n", outer(n));
  return 0;
}
