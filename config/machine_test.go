package config

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// machineFaults loads a file and probes the machine for it.
func machineFaults(t *testing.T, text string, running bool, now time.Time) []Fault {
	t.Helper()
	cfg, err := Load(write(t, "domain: example.test\n"+text))
	require.NoError(t, err)
	return cfg.Machine(t.Context(), running, now)
}

const (
	ports = "http: {listen: \"127.0.0.1:0\"}\n"
	rest  = "sip: {listen: [\"udp://127.0.0.1:0\"]}\nmedia: {webrtc_port: 0, rtp_ports: 0}\n"
)

func TestMachine(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = busy.Close() }()
	busyUDP, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	require.NoError(t, err)
	defer func() { _ = busyUDP.Close() }()
	tcp, udp := busy.Addr().String(), busyUDP.LocalAddr().String()
	_, udpPort, _ := net.SplitHostPort(udp)
	file, future := oddData(t)

	for _, row := range []struct {
		name, text           string
		line                 int
		key, problem, remedy string
	}{
		{"http in use", "http: {listen: \"" + tcp + "\"}\n" + rest, 2, "http.listen", "tcp port " + tcp + " is in use", "ss -lpn"},
		{
			"metrics in use", "http:\n  listen: \"127.0.0.1:0\"\n  metrics: \"" + tcp + "\"\n" + rest, 4, "http.metrics", "is in use",
			"another port",
		},
		{
			"sip in use", ports + "sip:\n  listen:\n  - udp://127.0.0.1:0\n  - udp://" + udp + "\nmedia: {webrtc_port: 0, rtp_ports: 0}\n",
			6, "sip.listen[1]", "udp port " + udp + " is in use", "another port",
		},
		{
			"webrtc in use", ports + "sip: {listen: [\"udp://127.0.0.1:0\"]}\nmedia: {webrtc_port: " + udpPort + ", rtp_ports: 0}\n", 4,
			"media.webrtc_port", "is in use", "another port",
		},
		{"rtp in use", ports + "sip: {listen: [\"udp://127.0.0.1:0\"]}\nmedia: {webrtc_port: 0, rtp_ports: " + udpPort + "-" +
			next(udpPort, 3) + "}\n", 0, "", "", ""},
		{"sip not ours", ports + "sip: {listen: [\"udp://192.0.2.1:0\", \"tcp://192.0.2.1:0\"]}\nmedia: {webrtc_port: 0, rtp_ports: " +
			"0}\n", 3, "sip.listen[0]", "192.0.2.1:0 is not an address of this machine", "127.0.0.1"},
		{
			"media not ours", ports +
				"sip: {listen: [\"udp://127.0.0.1:0\"]}\nmedia: {listen: [127.0.0.1, 192.0.2.1], webrtc_port: 0, rtp_ports: 0}\n", 4,
			"media.listen[1]", "not an address of this machine", "127.0.0.1",
		},
		{"data is a file", "data: " + file + "\n" + ports + rest, 2, "data", "is a file", "name a folder"},
		{"data below a file", "data: " + file + "/data\n" + ports + rest, 2, "data", "is a file", "name a folder"},
		{"clock set back", "data: " + future + "\n" + ports + rest, 2, "data", "but ringsplash.db was written at", "set the clock"},
		{
			"trunk", ports + rest + "trunks:\n- {name: pbx, address: \"sip:pbx.invalid\"}\n", 6, "trunks[0].address",
			"pbx.invalid has no address", "correct the name",
		},
		{"nothing", ports + rest, 0, "", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			faults := machineFaults(t, row.text, false, time.Now())
			if row.problem == "" {
				require.Empty(t, faults)
				return
			}
			onlyFault(t, faults, row.line, row.key, row.problem, row.remedy)
		})
	}
	// A gateway that runs on the file has its ports itself.
	require.Empty(t, machineFaults(t, "http: {listen: \""+tcp+"\"}\n"+rest, true, time.Now()))
	never := machineFaults(t, ports+rest, false, time.Unix(1000, 0))
	require.NotEmpty(t, never)
	require.Contains(t, never[0].String(), "this machine's clock says 1970-01-01 00:16:40; set the clock")
}

// oddData are a file where a folder belongs, and a folder written in the future.
func oddData(t *testing.T) (file, future string) {
	t.Helper()
	folder := t.TempDir()
	file = filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	future = filepath.Join(folder, "future")
	require.NoError(t, os.Mkdir(future, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(future, "ringsplash.db"), nil, 0o600))
	require.NoError(t, os.Chtimes(filepath.Join(future, "ringsplash.db"), time.Time{}, time.Now().Add(time.Hour)))
	return file, future
}

// TestMachineWritesNothing: a check leaves the machine as it was.
func TestMachineWritesNothing(t *testing.T) {
	path := write(t, "domain: example.test\n"+ports+rest)
	cfg, err := Load(path)
	require.NoError(t, err)
	require.Empty(t, cfg.Machine(context.Background(), false, time.Now()))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1)
}

// TestReadOnlyData needs somebody whom file modes bind.
func TestReadOnlyData(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	folder := t.TempDir()
	require.NoError(t, os.Chmod(folder, 0o500)) //nolint:gosec // read-only is the point
	faults := machineFaults(t, "data: "+folder+"/data\n"+ports+rest, false, time.Now())
	require.Len(t, faults, 1)
	require.True(t, strings.HasPrefix(faults[0].Problem, "nothing can be written to "))
}

// next is a port some numbers further on.
func next(port string, by int) string {
	at, _ := netip.ParseAddrPort("127.0.0.1:" + port)
	return netip.AddrPortFrom(at.Addr(), at.Port()+uint16(by)).String()[len("127.0.0.1:"):]
}
