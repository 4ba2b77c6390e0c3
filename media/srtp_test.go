package media

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"
)

// twoSides are the keys of a browser and of us.
func twoSides(t testing.TB, profile srtp.ProtectionProfile) (ours, theirs *srtp.Config) {
	t.Helper()
	keyLen, err := profile.KeyLen()
	if err != nil {
		t.Fatal(err)
	}
	saltLen, _ := profile.SaltLen()
	k := srtp.SessionKeys{
		LocalMasterKey: bytes.Repeat([]byte{1}, keyLen), LocalMasterSalt: bytes.Repeat([]byte{2}, saltLen),
		RemoteMasterKey: bytes.Repeat([]byte{3}, keyLen), RemoteMasterSalt: bytes.Repeat([]byte{4}, saltLen),
	}
	ours = &srtp.Config{Profile: profile, Keys: k}
	k.LocalMasterKey, k.RemoteMasterKey = k.RemoteMasterKey, k.LocalMasterKey
	k.LocalMasterSalt, k.RemoteMasterSalt = k.RemoteMasterSalt, k.LocalMasterSalt
	return ours, &srtp.Config{Profile: profile, Keys: k}
}

// sealed makes a packet as its sender would send it.
func sealed(t testing.TB, s *sealer, seq uint16, ssrc uint32) []byte {
	t.Helper()
	b := make([]byte, rtpHeaderSize+160, maxPacket)
	writeHeader(b, false, 0, seq, uint32(seq)*160, ssrc)
	copy(b[rtpHeaderSize:], frame('x'))
	out, ok := s.seal(b)
	if !ok {
		t.Fatal("not sealed")
	}
	if &out[0] != &b[0] {
		t.Fatal("sealing made a copy")
	}
	return out
}

// eachProfile runs f with what a browser seals and we open; later lets the time
// go by after which forgeries are forgotten.
func eachProfile(t *testing.T, f func(t *testing.T, s *sealer, o *opener, later func())) {
	for _, negotiated := range srtpProfiles {
		profile, ok := srtpProfile(negotiated)
		if !ok {
			t.Fatalf("profile %#x has no row", uint16(negotiated))
		}
		t.Run(profile.String(), func(t *testing.T) {
			ours, theirs := twoSides(t, profile)
			s, err := newSealer(theirs)
			if err != nil {
				t.Fatal(err)
			}
			var now int64
			o, err := newOpener(ours, func() int64 { return now })
			if err != nil {
				t.Fatal(err)
			}
			f(t, s, o, func() { now += forgedTime })
		})
	}
}

func TestOpenerTakesAPacketOnce(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *sealer, o *opener, _ func()) {
		for seq := uint16(65530); seq != 10; seq++ { // through the wrap
			wire := sealed(t, s, seq, 7)
			again := bytes.Clone(wire)
			p, ok := o.open(wire)
			if !ok || p.seq != seq || !bytes.Equal(p.payload, frame('x')) {
				t.Fatalf("packet %d: %v", seq, ok)
			}
			if _, ok := o.open(again); ok {
				t.Fatalf("packet %d was taken twice", seq)
			}
		}
	})
}

func TestOpenerDropsForgeries(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *sealer, o *opener, later func()) {
		if _, ok := o.open(sealed(t, s, 1, 7)); !ok {
			t.Fatal("the first packet was refused")
		}
		// Strange SSRCs must not fill the memory, nor shut the door.
		for range 5000 {
			forged := sealed(t, s, 2, 7)
			for i := 8; i < 12; i++ {
				forged[i] = byte(rand.Uint32())
			}
			if o.forged == maxForged {
				later()
			}
			if _, ok := o.open(forged); ok {
				t.Fatal("a forged packet was taken")
			}
		}
		later()
		if len(o.ssrcs) != 1 || o.probed > maxProbes {
			t.Errorf("%d SSRCs and %d probes are remembered", len(o.ssrcs), o.probed)
		}
		changed := sealed(t, s, 3, 7)
		changed[20] ^= 1
		if _, ok := o.open(changed); ok {
			t.Error("a changed packet was taken")
		}
		for n := range rtpHeaderSize + 20 {
			if _, ok := o.open(sealed(t, s, 4, 7)[:n]); ok {
				t.Errorf("%d bytes of a packet were taken", n)
			}
		}
		for ssrc := uint32(100); ssrc < 200; ssrc++ {
			o.open(sealed(t, s, 1, ssrc))
		}
		if len(o.ssrcs) != maxSSRCs {
			t.Errorf("%d SSRCs were let in, want %d", len(o.ssrcs), maxSSRCs)
		}
		if _, ok := o.open(sealed(t, s, 5, 7)); !ok {
			t.Error("the known SSRC is refused after all that")
		}
	})
}

// However many packets are forged, a cipher is tried on few of them, and the
// browser's own stream goes on amid them; a new one of its is taken a little later.
func TestOpenerUnderAFlood(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *sealer, o *opener, later func()) {
		seq := uint16(65000)
		talks := func() {
			t.Helper()
			seq++
			if _, ok := o.open(sealed(t, s, seq, 7)); !ok {
				t.Fatalf("packet %d of the browser was refused after %d forged ones", seq, o.forged)
			}
		}
		talks()
		forged := sealed(t, s, 3000, 7)
		forged[len(forged)-1] ^= 1
		buf := make([]byte, maxPacket)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 20000 {
			pkt := buf[:copy(buf, forged)]
			if i%2 == 0 {
				binary.BigEndian.PutUint32(pkt[8:], r.Uint32()) // of no stream
			} else if at := uint16(r.Uint32()); !(authenticSSRC{7, seq}).near(at) {
				binary.BigEndian.PutUint16(pkt[2:], at) // nowhere near it
			}
			if _, ok := o.open(pkt); ok {
				t.Fatal("a forged packet was taken")
			}
			if i%100 == 0 {
				talks()
			}
		}
		if o.forged != maxForged {
			t.Errorf("a cipher was tried on %d forged packets, want %d", o.forged, maxForged)
		}
		if o.flooded() && testing.AllocsPerRun(1000, func() { o.open(buf[:len(forged)]) }) > 0 {
			t.Error("what is thrown away allocates")
		}
		if _, ok := o.open(sealed(t, s, 1, 8)); ok {
			t.Error("a new stream was tried amid the flood")
		}
		later()
		if _, ok := o.open(sealed(t, s, 2, 8)); !ok {
			t.Error("a new stream was refused after the flood")
		}
		talks()
	})
}

// What opener and sealer add to the allocations of srtp is nothing.
func TestSRTPAllocatesNoMoreThanItsLibrary(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *sealer, o *opener, _ func()) {
		const runs = 200
		wires := make([][]byte, 0, 2*(runs+1)+1)
		for seq := range cap(wires) {
			wires = append(wires, sealed(t, s, uint16(seq), 7))
		}
		o.open(wires[0])
		next := 1
		var header rtp.Header
		library := testing.AllocsPerRun(runs, func() {
			_, _ = o.rtp.DecryptRTP(wires[next], wires[next], &header)
			next++
		})
		whole := testing.AllocsPerRun(runs, func() {
			if _, ok := o.open(wires[next]); !ok {
				t.Fatal("refused")
			}
			next++
		})
		plain := make([]byte, rtpHeaderSize+160, maxPacket)
		seq := uint16(1000)
		write := func() {
			seq++
			writeHeader(plain, false, 0, seq, 0, 9)
		}
		encrypt := testing.AllocsPerRun(runs, func() {
			write()
			_, _ = s.ctx.EncryptRTP(plain, plain, &header)
		})
		seal := testing.AllocsPerRun(runs, func() {
			write()
			s.seal(plain)
		})
		t.Logf("allocations a packet: open %.0f, of them srtp %.0f; seal %.0f, of them srtp %.0f", whole, library, seal, encrypt)
		if whole > library || seal > encrypt {
			t.Error("our own code allocates")
		}
	})
}

func TestOpenerReadsReports(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *sealer, o *opener, later func()) {
		raw, err := (&rtcp.SenderReport{SSRC: 7, NTPTime: 99}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		wire := func() []byte {
			b, err := s.ctx.EncryptRTCP(nil, raw, nil)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		for i := range 10 * maxProbes {
			forged := wire()
			forged[4+i%4] ^= byte(1 + i%255)
			if o.forged == maxForged {
				later()
			}
			if _, ok := o.openRTCP(forged); ok {
				t.Fatal("a forged report was taken")
			}
		}
		if o.reports >= maxProbes {
			t.Errorf("the states of %d forged reports are kept", o.reports)
		}
		for o.forged < maxForged {
			o.openRTCP(make([]byte, 40))
		}
		if _, ok := o.openRTCP(wire()); ok {
			t.Error("a report was tried amid a flood of forged ones")
		}
		later()
		if plain, ok := o.openRTCP(wire()); !ok || !bytes.Equal(plain, raw) {
			t.Errorf("a true report: %v", ok)
		}
	})
}
