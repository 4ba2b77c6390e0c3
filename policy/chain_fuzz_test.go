package policy

import (
	"bytes"
	"testing"
)

// FuzzChain follows an audit file that may have been damaged or forged.
func FuzzChain(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("{\"seq\":1}\n"))
	f.Add([]byte("{\"seq\":1,\"hash\":\"x\"}\n{\"seq\":"))
	f.Fuzz(func(t *testing.T, file []byte) {
		good, err := readChain(bytes.NewReader(file), func(*Record, string) {})
		if err == nil && good.seq == 0 && len(bytes.TrimSpace(file)) > 0 {
			t.Fatalf("%q is taken for a chain of nothing", file)
		}
	})
}
