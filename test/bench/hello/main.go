// Command hello is what a Go program costs before it does anything.
package main

import "os"

func main() {
	if _, err := os.Stdout.WriteString("hello, world\n"); err != nil {
		os.Exit(1)
	}
}
