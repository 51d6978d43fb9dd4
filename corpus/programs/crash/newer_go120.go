//go:build go1.20

package main

import (
	"errors"
	"fmt"
)

func init() {
	modes["joined"] = panicsWith(fmt.Errorf("both: %w", errors.Join(errBoom, &StoreError{"sync", 3, errBoom})))
}
