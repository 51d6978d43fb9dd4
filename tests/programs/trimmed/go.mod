module ledgers

go 1.19

require example.com/pool v0.0.0

replace example.com/pool => ./pool
