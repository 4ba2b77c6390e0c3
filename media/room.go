package media

import "time"

// kernelPairs is how many pairs there are when the kernel chooses: half of
// Linux's ephemeral ports.
const kernelPairs = 28232 / 2

// Pairs tells how many pairs of RTP and RTCP ports are bound, and how many more
// can be: what is left of the port range or of the process's open files.
func (l *Loop) Pairs() (bound, free int) {
	bound = int(l.ports.bound.Load())
	all := kernelPairs
	if l.ports.low != 0 {
		all = (l.ports.high + 1 - l.ports.low - l.ports.low&1) / 2
	}
	return bound, max(0, min(all, l.filePairs)-bound)
}

// Late is by how much the 20 ms tick comes late, smoothed over about 50 ticks:
// the sign that the machine does more than it can. One stall counts as one late
// tick, so that only lateness that lasts shows.
func (l *Loop) Late() time.Duration { return time.Duration(l.late.Load()) }

// lateWeight is how many ticks Late is smoothed over.
const lateWeight = 50

// noteLate counts one tick that came gap after the one before.
func (l *Loop) noteLate(gap time.Duration) {
	late, old := int64(max(0, gap-tickEvery)), l.late.Load()
	l.late.Store(old + (late-old)/lateWeight)
}

// Totals are the counters of all ends since Listen, those that are closed
// included. LastReceived is not set.
func (l *Loop) Totals() Stats {
	l.endsMu.Lock()
	defer l.endsMu.Unlock()
	sum := l.past
	if p := l.ends.Load(); p != nil {
		for _, e := range *p {
			sum.add(e.Stats())
		}
	}
	return sum
}

func (s *Stats) add(o Stats) {
	s.Received += o.Received
	s.Sent += o.Sent
	s.ReceivedBytes += o.ReceivedBytes
	s.SentBytes += o.SentBytes
	s.DroppedByGate += o.DroppedByGate
	s.PassedWhileShut += o.PassedWhileShut
	s.DroppedMuted += o.DroppedMuted
	s.DroppedCodec += o.DroppedCodec
	s.DroppedStranger += o.DroppedStranger
	s.DroppedBad += o.DroppedBad
	s.Lost += o.Lost
}
