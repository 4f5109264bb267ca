package main

const (
	seed       = 20260901
	randomSets = 0
)

func random(seed uint64, n int) []Set { return nil }
