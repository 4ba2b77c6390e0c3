package node

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
)

func (n *Node) readyFile() string { return filepath.Join(n.cfg.Data, "ready.json") }

// tellReady writes where the node listens, for scripts that chose port 0.
func (n *Node) tellReady(context.Context) error {
	ready := struct {
		HTTP   string   `json:"http"`
		SIP    []string `json:"sip"`
		WebRTC string   `json:"webrtc"`
		// Metrics is where /metrics is for everybody, "" for nowhere.
		Metrics string `json:"metrics,omitempty"`
	}{n.HTTP(), n.SIP(), n.media.WebRTCAddr().String(), n.metricsAddr()}
	text, err := json.Marshal(ready)
	if err != nil {
		return err
	}
	part := n.readyFile() + ".part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(part, n.readyFile()); err != nil {
		return err
	}
	n.log.Info("ready", "http", ready.HTTP, "sip", ready.SIP, "webrtc", ready.WebRTC)
	return nil
}
