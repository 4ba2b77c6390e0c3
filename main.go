// Ringsplash is a browser softphone gateway: calls ring the deskphone and the
// browser, and are answered in either.
package main

import (
	"context"
	"os"

	"ringsplash/console"
)

// version is set by the linker.
var version = "unversioned"

func main() {
	t := console.Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Version: version}
	os.Exit(console.Run(context.Background(), t, os.Args[1:]))
}
