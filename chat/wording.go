package chat

import "ringsplash/internal/sentence"

// Words is the English of this package.
var Words = sentence.Table{
	"message.bad_key":     "The key of a message has at most {most} bytes.",
	"message.empty":       "There is no text to send.",
	"message.expired":     "The message could not be brought to {to} in time. Try again.",
	"message.no_way":      "Nobody can be written to at {to}.",
	"message.nobody":      "Nobody gets messages at {to}.",
	"message.not_taken":   "{to} takes no text messages.",
	"message.refused":     "{to} did not take the message (SIP status {status}).",
	"message.to_yourself": "This is your own address. Choose somebody else to write to.",
	"message.too_fast":    "You write too fast. Wait a moment and send it again.",
	"message.too_long":    "The text is too long. A message has at most {most} bytes.",
	"message.waiting":     "Many messages wait for {to} already. Write again when it takes them.",
}
