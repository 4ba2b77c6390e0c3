package gateway

import "ringsplash/internal/sentence"

// Words is the English of this package.
var Words = sentence.Table{
	"decision.not_set_up": "Automatic answer is not set up on this gateway. Lift the handset, or answer in the browser.",
}
