package media

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLog takes pion's warnings and errors as debug lines: most are about what
// strangers send. Its lower levels, which come for each packet, are dropped.
type pionLog struct{ log *slog.Logger }

type pionScope struct {
	log   *slog.Logger
	scope string
}

// NewLogger implements logging.LoggerFactory.
func (f pionLog) NewLogger(scope string) logging.LeveledLogger { return pionScope{f.log, scope} }

func (s pionScope) line(format string, args ...any) {
	if s.log.Enabled(context.Background(), slog.LevelDebug) {
		s.log.Debug("webrtc: "+fmt.Sprintf(format, args...), "scope", s.scope)
	}
}

func (pionScope) Trace(string)                   {}
func (pionScope) Tracef(string, ...any)          {}
func (pionScope) Debug(string)                   {}
func (pionScope) Debugf(string, ...any)          {}
func (pionScope) Info(string)                    {}
func (pionScope) Infof(string, ...any)           {}
func (s pionScope) Warn(msg string)              { s.line("%s", msg) }
func (s pionScope) Warnf(f string, args ...any)  { s.line(f, args...) }
func (s pionScope) Error(msg string)             { s.line("%s", msg) }
func (s pionScope) Errorf(f string, args ...any) { s.line(f, args...) }
