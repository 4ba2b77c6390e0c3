package event

import "ringsplash/internal/sentence"

// Words is the English of this package.
var Words = sentence.Table{
	"text.forbidden_there": "The other side does not take messages from you.",
	"text.more":            "(more in the browser)",
	"text.no_account":      "The message is on nobody's account here, so it was not sent.",
	"text.no_phone":        "This phone shows no messages.",
	"text.no_way":          "There is no way to the other side at the moment.",
	"text.nobody_there":    "Nobody has this address on the other side.",
	"text.not_shown":       "The other side cannot show text messages.",
	"text.outside_limit":   "You have sent as many messages to the outside as you may in an hour. It is sent later.",
	"text.takes_none":      "The other side takes no messages.",
	"text.too_long_there":  "The message is too long for the other side.",
}
