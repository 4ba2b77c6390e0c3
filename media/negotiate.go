package media

import "ringsplash/media/sdp"

// Offer composes an offer as sdp.Negotiation.Offer does. Errors: sdp.ErrNoCodec,
// ErrClosed.
func (r *RTPEnd) Offer(codecs []sdp.Codec, dir sdp.Direction) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return nil, ErrClosed
	}
	at := r.Addr()
	text, err := r.nego.Offer(at, codecs, dir, r.usesMux())
	if err != nil {
		return nil, err
	}
	r.offered = at
	r.payloads.Store(newPayloads(r.nego.Expected(), r.takes))
	return text, nil
}

// TakeAnswer takes the answer to our last offer; a provisional answer and the
// final one may both come. It is sdp.ErrNoCodec when the far side refused the
// audio or took none of the codecs. Other errors: sdp.ErrBad, ErrNoPort,
// ErrClosed.
func (r *RTPEnd) TakeAnswer(text []byte) (sdp.Negotiated, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return sdp.Negotiated{}, ErrClosed
	}
	a, err := r.nego.TakeAnswer(text)
	if err != nil {
		return sdp.Negotiated{}, err
	}
	own, err := r.socketsFor(a.To)
	if err != nil {
		return sdp.Negotiated{}, err
	}
	a.Moved = own.addr.Addr().Is4() != r.offered.Addr().Is4()
	return r.agree(own, a)
}

// TakeOffer takes what the far side offers. Codecs of the result are those we
// know, in the offer's order; Local is empty. Nothing changes on the path of
// the packets before Answer. Errors: sdp.ErrBad, sdp.ErrNoCodec, ErrClosed.
func (r *RTPEnd) TakeOffer(text []byte) (sdp.Negotiated, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return sdp.Negotiated{}, ErrClosed
	}
	a, err := r.nego.TakeOffer(text)
	return a.Negotiated, err
}

// Answer composes the answer to the offer that was taken: those of codecs that
// were offered, in our order, and dir as far as the offer permits it. m-lines
// other than the audio are refused. It is sdp.ErrNoCodec when none of codecs
// was offered; the offer then is still there for another try. Other errors:
// sdp.ErrBad, ErrNoPort, ErrClosed.
func (r *RTPEnd) Answer(codecs []sdp.Codec, dir sdp.Direction) ([]byte, sdp.Negotiated, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return nil, sdp.Negotiated{}, ErrClosed
	}
	a, err := r.nego.Choose(codecs, dir)
	if err != nil {
		return nil, sdp.Negotiated{}, err
	}
	own, err := r.socketsFor(a.To)
	if err != nil {
		return nil, sdp.Negotiated{}, err
	}
	text, err := r.nego.Answer(own.addr, a)
	if err != nil {
		r.unused(own)
		return nil, sdp.Negotiated{}, err
	}
	out, err := r.agree(own, a)
	return text, out, err
}

// agree makes a completed offer/answer take effect on the sockets own.
func (r *RTPEnd) agree(own *sockets, a sdp.Agreement) (sdp.Negotiated, error) {
	if err := r.use(own); err != nil {
		return sdp.Negotiated{}, err
	}
	r.takes = a.Types
	r.setPeer(a.To, a.RTCPPort, a.Mux)
	r.setPayloads(newPayloads(r.nego.Expected(), a.Types), !a.Local.Sends() || !a.Remote.Receives())
	r.setPacketTime(a.PacketTime)
	a.Unplaced = !a.To.Addr().IsUnspecified() && !r.peer.Load().to.IsValid()
	return a.Negotiated, nil
}
