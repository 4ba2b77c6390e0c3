// Package wire is the SIP user agent's sockets and connections, with sipgo's
// layers over them: how requests and answers reach the far end, and by which
// socket. What they mean it leaves to who is above.
package wire
