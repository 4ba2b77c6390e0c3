package policy

import (
	"fmt"
	"testing"
)

// BenchmarkDecideRule is the rule alone, without I/O, for a third party whom only
// the last of 50 addresses lets in: it has to take less than 10 microseconds.
func BenchmarkDecideRule(b *testing.B) {
	g := Grants{AllowAddresses: true}
	for i := range 49 {
		g.Addresses = append(g.Addresses, fmt.Sprintf("*.branch%d.example.com", i))
	}
	g.Addresses = append(g.Addresses, "bob@example.test")
	g, err := g.canonical()
	if err != nil {
		b.Fatal(err)
	}
	f := &facts{interworking: true, grants: g, entries: g.entries()}
	asked := Question{
		Requester: Identity{Address: "sip:bob@example.test", Level: Proven, How: "digest", User: "bob"},
		Owner:     "alice", Device: "desk", Kind: ThirdParty,
	}
	if d := decide(asked, f); !d.Allow {
		b.Fatal(d.Reason)
	}
	b.ReportAllocs()
	for b.Loop() {
		decide(asked, f)
	}
	if ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N); ns > 10_000 && b.N > 100 {
		b.Errorf("%.0f ns for a decision; it must be under 10 microseconds", ns)
	}
}
