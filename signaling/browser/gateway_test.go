package browser

import (
	"ringsplash/directory"
	"ringsplash/gateway"
)

// The real ones fit what is asked of them here; OpenTab only needs its result
// to be handed on as a Tab.
var (
	_ Tab    = (*gateway.Socket)(nil)
	_ People = (*directory.Directory)(nil)
	_        = interface {
		Devices(user string) []gateway.DeviceView
		OpenTab(user string, resume gateway.Resume, wake func()) (*gateway.Socket, bool, error)
	}((*gateway.Gateway)(nil))
)
