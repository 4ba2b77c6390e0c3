package rig

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// PhoneOptions of a deskphone; zero values are given.
type PhoneOptions struct {
	User     User
	Device   string // id of the device whose password is used; default the first
	Password string // instead of the device's
	AuthUser string // digest user name; default the user's name
	Tone     int    // Hz its microphone hears; default 440
	// Sound is a WAV file, 48 kHz stereo, that its microphone hears instead.
	Sound string
	// Codec is the only one it speaks, as baresip writes it: PCMU, PCMA,
	// G722/16000/1, opus/48000/2. Default: all of them.
	Codec string
	UUID  string // +sip.instance; default one that belongs to the device
	// PacketTime is the ptime it asks for and sends unless it is asked for
	// another, in ms; default 20.
	PacketTime int
	// Outbound makes it register by RFC 5626.
	Outbound bool
	// Transport is udp, tcp or tls; default udp. CA is what a tls phone trusts.
	Transport string
	CA        *CA
	Six       bool // over IPv6
	// Registrar and Domain name somebody else's registrar, host:port, and the
	// domain of the phone's address there.
	Registrar, Domain string
	// Contact is whom the phone's command "message" writes to.
	Contact string
	// Watches makes it subscribe to the presence of Contact.
	Watches bool
	// Direct phones have neither registrar nor proxy.
	Direct bool
}

// Phone is one running baresip.
type Phone struct {
	Addr string // where it listens for SIP, host:port

	t    testing.TB
	name string
	dir  string
	prog *process
	ctrl *ctrl
}

// NewPhone starts a deskphone and waits for its control connection, not for
// its registration. It is stopped, unregistering, when the test ends.
func (g *Gateway) NewPhone(t testing.TB, o PhoneOptions) *Phone {
	t.Helper()
	port := threePorts(t)
	ip := "127.0.0.1"
	if o.Six {
		ip = "[::1]"
	}
	if o.Transport == "" {
		o.Transport = "udp"
	}
	p := &Phone{Addr: fmt.Sprintf("%s:%d", ip, port), t: t, name: o.User.Name}
	p.dir = scratch(t, "phone-"+p.name)
	cmd := exec.Command(filepath.Join(Root(), "test/peers/baresip/baresip.sh"))
	cmd.Env = append(os.Environ(), o.environment()...)
	cmd.Env = append(cmd.Env, "RUN="+p.dir, "DOMAIN="+cmp.Or(o.Domain, Domain),
		"SERVER="+cmp.Or(o.Registrar, g.At(o.Transport, o.Six)), "TRANSPORT="+o.Transport, "IP="+ip,
		fmt.Sprintf("SIPPORT=%d", port), fmt.Sprintf("CTLPORT=%d", port+2))
	if o.Contact != "" {
		contact := "<" + o.Contact + ">\n"
		if o.Watches {
			contact = "<" + o.Contact + ">;presence=p2p\n"
		}
		if err := os.WriteFile(filepath.Join(p.dir, "contacts"), []byte(contact), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.prog = startProcess(t, cmd, p.logFile())
	t.Cleanup(func() {
		p.Stop()
		showOnFailure(t, "the log of "+p.name+"'s phone", p.logFile(), 120)
	})
	Until(t, Patience, p.name+"'s phone has started", func() bool {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port+2))
		if err == nil {
			p.ctrl = newCtrl(conn)
		}
		return err == nil
	})
	return p
}

func (o PhoneOptions) environment() []string {
	if o.Device == "" {
		o.Device = o.User.Devices[0].ID
	}
	if o.Password == "" {
		o.Password = o.User.SIPPassword(o.Device)
	}
	if o.AuthUser == "" {
		o.AuthUser = o.User.Name
	}
	if o.UUID == "" {
		o.UUID = UUIDOf(o.User.Name, o.Device)
	}
	if o.Tone == 0 {
		o.Tone = 440
	}
	env := []string{
		"USERNAME=" + o.User.Name, "PASSWORD=" + o.Password, "AUTHUSER=" + o.AuthUser,
		"DISPLAY_NAME=" + o.User.Display, fmt.Sprintf("TONE=%d", o.Tone), "UUID=" + o.UUID,
	}
	if o.Sound != "" {
		env = append(env, "SOURCE=aufile,"+o.Sound)
	}
	if o.CA != nil {
		env = append(env, "CAFILE="+o.CA.File)
	}
	params := ";answermode=manual"
	if o.Codec != "" {
		params += ";audio_codecs=" + o.Codec
	}
	if o.PacketTime != 0 {
		params += fmt.Sprintf(";ptime=%d", o.PacketTime)
	}
	if o.Outbound {
		env = append(env, "OUTBOUND=yes")
	}
	if o.Watches {
		env = append(env, "WATCHES=yes")
	}
	if o.Direct {
		env = append(env, "REGINT=0", "DIRECT=yes")
	}
	return append(env, "PARAMS="+params)
}

// UUIDOf is the default +sip.instance, the same for the same device, as a real phone's is after a restart.
func UUIDOf(user, device string) string {
	h := sha256.Sum256([]byte(user + "~" + device))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func (p *Phone) logFile() string { return filepath.Join(p.dir, "phone.log") }

// Registered waits until the gateway has accepted the phone. The event of it
// may have come before the control connection.
func (p *Phone) Registered() *Phone {
	p.t.Helper()
	Until(p.t, Patience, p.name+"'s phone is registered", func() bool {
		return strings.Contains(p.Command("reginfo", ""), "OK ")
	})
	return p
}

// RegisterFails waits until the gateway has refused the phone.
func (p *Phone) RegisterFails() {
	p.t.Helper()
	Until(p.t, Patience, p.name+"'s phone is refused", func() bool {
		info := p.Command("reginfo", "")
		if strings.Contains(info, "OK ") {
			p.t.Fatalf("%s's phone is registered", p.name)
		}
		return strings.Contains(info, "ERR")
	})
}

// Command sends a command of baresip and fails the test when it is refused.
func (p *Phone) Command(name, params string) string {
	p.t.Helper()
	rep, err := p.ctrl.command(name, params)
	if err != nil {
		p.t.Fatalf("%s's phone: %v", p.name, err)
	}
	if !rep.OK {
		p.t.Fatalf("%s's phone refuses %s %s: %s", p.name, name, params, rep.Data)
	}
	return rep.Data
}

// Dial calls a URI, a name or a number.
func (p *Phone) Dial(to string) { p.t.Helper(); p.Command("dial", to) }

// Accept answers the ringing call.
func (p *Phone) Accept() { p.t.Helper(); p.Command("accept", "") }

// Hangup ends the call, or refuses a ringing one with 486.
func (p *Phone) Hangup() { p.t.Helper(); p.Command("hangup", "") }

// Hold sends a re-INVITE with sendonly.
func (p *Phone) Hold() { p.t.Helper(); p.Command("hold", "") }

// Resume sends a re-INVITE with sendrecv.
func (p *Phone) Resume() { p.t.Helper(); p.Command("resume", "") }

// SendDigit presses one key (RFC 4733).
func (p *Phone) SendDigit(digit string) { p.t.Helper(); p.Command("sndcode", digit) }

// WaitEvent takes the next event of one of the types, within Patience.
func (p *Phone) WaitEvent(types ...string) PhoneEvent {
	p.t.Helper()
	ev, err := p.ctrl.wait(Patience, types)
	if err != nil {
		p.t.Fatalf("%s's phone: %v", p.name, err)
	}
	return ev
}

// Saw tells whether such an event came and was not yet taken by WaitEvent.
func (p *Phone) Saw(kind string) bool { return p.ctrl.saw(kind) }

// WaitClosed waits for the end of a call and checks baresip's words for why.
func (p *Phone) WaitClosed(why string) {
	p.t.Helper()
	if ev := p.WaitEvent("CALL_CLOSED"); !strings.Contains(ev.Param, why) {
		p.t.Errorf("%s's phone: the call ended with %q, want %q", p.name, ev.Param, why)
	}
}

// Received is what the phone has heard since its newest call began.
func (p *Phone) Received() Recording {
	p.t.Helper()
	files, _ := filepath.Glob(filepath.Join(p.dir, "rec", "dump-*-dec.wav"))
	if len(files) == 0 {
		return Recording{}
	}
	rec, err := ReadWAV(slices.Max(files))
	if err != nil {
		p.t.Fatal(err)
	}
	return rec
}

// Hears waits until the phone has heard nothing but the tone for the last
// 300 ms. It works while a call runs, until the phone's first hold.
func (p *Phone) Hears(hz float64) {
	p.t.Helper()
	p.waitSound(fmt.Sprintf("%s's phone hears %g Hz", p.name, hz), func(rec Recording) bool {
		last := rec.Last(300 * time.Millisecond)
		return last.Duration() > 0 && last.Heard(hz) == last.Duration()
	})
}

// HearsNot waits until the phone has not heard the tone at all for the last
// 300 ms while sound of whatever kind went on arriving.
func (p *Phone) HearsNot(hz float64) {
	p.t.Helper()
	p.waitSound(fmt.Sprintf("%s's phone hears no %g Hz any more", p.name, hz), func(rec Recording) bool {
		last := rec.Last(300 * time.Millisecond)
		return last.Duration() > 0 && last.Heard(hz) == 0
	})
}

func (p *Phone) waitSound(what string, ok func(Recording) bool) {
	p.t.Helper()
	start := p.Received().Duration()
	Until(p.t, Patience, what, func() bool {
		rec := p.Received()
		return rec.Duration() >= start+300*time.Millisecond && ok(rec)
	})
}

// mediaPort is the port in the newest SDP the phone wrote, 0 before one.
func (p *Phone) mediaPort() (port uint16) {
	for _, message := range strings.Split(p.Messages(), "\nUDP ") {
		if !strings.HasPrefix(message, p.Addr+" ") {
			continue
		}
		if m := mediaLine.FindStringSubmatch(message); m != nil {
			n, _ := strconv.ParseUint(m[1], 10, 16)
			port = uint16(n)
		}
	}
	return port
}

var mediaLine = regexp.MustCompile(`(?m)^m=audio ([0-9]+) `)

// Messages is the phone's log: every SIP message it sent or received.
func (p *Phone) Messages() string {
	text, err := os.ReadFile(p.logFile())
	if err != nil {
		p.t.Error(err)
	}
	return string(text)
}

// Stop ends the phone, which unregisters, and waits for it.
func (p *Phone) Stop() { p.end(syscall.SIGTERM) }

// Kill ends the phone as pulling its plug would.
func (p *Phone) Kill() { p.end(syscall.SIGKILL) }

func (p *Phone) end(sig syscall.Signal) {
	p.prog.end(sig)
	if p.ctrl != nil {
		_ = p.ctrl.conn.Close()
	}
}
