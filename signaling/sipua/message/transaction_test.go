package message

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// What names a transaction is small, however long its parts are.
func TestTransactionKeysAreShort(t *testing.T) {
	keys := map[string]bool{}
	for _, host := range []string{"a.test", strings.Repeat("a", 5000) + ".test", strings.Repeat("a", 5000) + ".tess"} {
		for _, branch := range []string{"", ";branch=z9hG4bKx", ";branch=z9hG4bK" + strings.Repeat("y", 200)} {
			m, err := NewParser().ParseSIP([]byte("INFO sip:a@b.test SIP/2.0\r\nVia: SIP/2.0/UDP " + host + branch + "\r\n" +
				"From: <sip:x@example.org>;tag=a\r\nTo: <sip:a@b.test>;tag=b\r\nCall-ID: c\r\nCSeq: 1 INFO\r\n\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			key := TransactionKey(m.(*sip.Request))
			if keys[key] = true; len(key) > maxKeySize {
				t.Errorf("%d bytes", len(key))
			}
		}
	}
	if len(keys) != 9 {
		t.Errorf("%d different keys", len(keys))
	}
}
