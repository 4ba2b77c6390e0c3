package chat

import "ringsplash/internal/sentence"

// Words is the English of this package.
var Words = sentence.Table{
	"message.bad_key":     "The key of a message has at most {most} bytes.",
	"message.empty":       "There is no text to send.",
	"message.no_way":      "Nobody can be written to at {to}.",
	"message.to_yourself": "This is your own address. Choose somebody else to write to.",
	"message.too_fast":    "You write too fast. Wait a moment and send it again.",
	"message.too_long":    "The text is too long. A message has at most {most} bytes.",
}
