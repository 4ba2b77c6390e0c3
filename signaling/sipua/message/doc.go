// Package message reads and checks one SIP message: what sipgo's parser leaves
// as text, what it takes that it should not, and what it does not take but can
// mean one thing only. It keeps nothing, waits for nothing and imports nothing
// of the user agent; all of it takes input from strangers.
package message
