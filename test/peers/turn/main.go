// Command turn is a TURN server (RFC 8656) for one user: it says where it
// listens, and relays until it is stopped.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/pion/turn/v2"
)

func main() {
	ip := flag.String("ip", "127.0.0.1", "address to listen and to relay at")
	user := flag.String("user", "ringsplash", "the one user")
	password := flag.String("password", "", "the user's password")
	flag.Parse()
	if err := serve(*ip, *user, *password); err != nil {
		log.Fatal("turn: ", err)
	}
}

func serve(ip, user, password string) error {
	const realm = "example.test"
	socket, err := net.ListenPacket("udp4", net.JoinHostPort(ip, "0"))
	if err != nil {
		return err
	}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: realm,
		AuthHandler: func(name, realm string, _ net.Addr) ([]byte, bool) {
			return turn.GenerateAuthKey(user, realm, password), name == user
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            socket,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.ParseIP(ip), Address: ip},
		}},
	})
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", socket.LocalAddr())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	<-stop
	return server.Close()
}
