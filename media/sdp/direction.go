package sdp

// Direction is an SDP direction attribute (RFC 3264 5.1), from the describer's side.
type Direction string

// Directions.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// Mirror is the direction that answers d (RFC 3264 6.1). A missing one counts
// as sendrecv.
func (d Direction) Mirror() Direction {
	if d == "" {
		return SendRecv
	}
	return d.reply(SendRecv)
}

// Sends tells whether the describer sends.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives tells whether the describer wants to be sent something.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

// toward is the direction of who does these two.
func toward(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	}
	return Inactive
}

// reply is the direction of an answer: what we want, as far as the offer lets
// us (RFC 3264 6.1).
func (d Direction) reply(want Direction) Direction {
	return toward(want.Sends() && d.Receives(), want.Receives() && d.Sends())
}
