package message

import "testing"

// FuzzBody finds the session description in any body.
func FuzzBody(f *testing.F) {
	f.Add("multipart/mixed;boundary=b1",
		[]byte("--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b1--"))
	f.Add("multipart/alternative;boundary=\"\"", []byte("--\r\n"))
	f.Add("application/sdp", []byte("v=0\r\n"))
	f.Add("", []byte("v=0"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		sdp, err := sdpIn(kind, body)
		if err != nil && sdp != nil {
			t.Fatal("a description with an error")
		}
		if len(sdp) > len(body) {
			t.Fatalf("%d bytes out of %d", len(sdp), len(body))
		}
	})
}
