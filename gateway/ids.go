package gateway

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// NewNodeName makes a name for a node that has none yet.
func NewNodeName() string { return randomID("n") }

// randomID makes an id of 80 random bits, safe in URIs, JSON and file names.
func randomID(prefix string) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return prefix + "_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}
