// Package location keeps where each user's devices are (RFC 3261 10).
package location

import "time"

// Binding ties an AOR to the contact of one instance (RFC 3261 10, RFC 5626).
type Binding struct {
	User   string `json:"user"`
	Device string `json:"device"`
	// Instance is the instance id: +sip.instance without quotes and angle
	// brackets, or a fall-back ("mac:0011...", "contact:user@host:port").
	Instance string `json:"instance"`
	RegID    int    `json:"regId"`
	// Contact is the URI to send requests to, as registered.
	Contact string `json:"contact"`
	// Path is the route set learned at registration (RFC 3327), first hop first.
	Path []string `json:"path,omitempty"`
	// Transport is udp, tcp or tls; Source the address the REGISTER came from
	// ("192.0.2.7:5060") and Local the address of ours it came to. Requests
	// go over this flow.
	Transport string    `json:"transport"`
	Source    string    `json:"source"`
	Local     string    `json:"local"`
	UserAgent string    `json:"userAgent,omitempty"`
	CallID    string    `json:"callId"`
	CSeq      uint32    `json:"cseq"`
	Expires   time.Time `json:"expires"`
	Refreshed time.Time `json:"refreshed"`
	Node      string    `json:"node"`
	V         int       `json:"v"`
}
