package message

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// TransactionKey names the transaction of a request as sipgo does (RFC 3261 17.2.3): an
// ACK and a CANCEL belong to their INVITE. It is short, whatever was sent.
func TransactionKey(req *sip.Request) string {
	key := longKey(req)
	if len(key) > maxKeySize {
		sum := sha256.Sum256([]byte(key))
		return hex.EncodeToString(sum[:])
	}
	return key
}

func longKey(req *sip.Request) string {
	method := req.Method
	if method == sip.ACK || method == sip.CANCEL {
		method = sip.INVITE
	}
	via := req.Via()
	branch, _ := via.Params.Get("branch")
	if len(branch) > len(sip.RFC3261BranchMagicCookie) && strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) {
		port := via.Port
		if port <= 0 {
			port = int(sip.DefaultPort(via.Transport))
		}
		return branch + " " + via.Host + " " + strconv.Itoa(port) + " " + string(method)
	}
	return Tag(req.From()) + " " + req.CallID().Value() + " " + strconv.Itoa(int(req.CSeq().SeqNo)) + " " + via.Value() + " " +
		string(method)
}

// NewRequest is a request with what each of ours has (RFC 3261 8.1.1), but for Via
// and Contact.
func NewRequest(method sip.RequestMethod, target sip.Uri, from, to *sip.FromHeader, callID string, seq uint32) *sip.Request {
	req := sip.NewRequest(method, *target.Clone())
	forwards, theirs, id := sip.MaxForwardsHeader(70), to.AsTo(), sip.CallIDHeader(callID)
	req.AppendHeader(&forwards)
	req.AppendHeader(sip.HeaderClone(from))
	req.AppendHeader(&theirs)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	return req
}

// Unsent is req without what belongs to its transaction.
func Unsent(req *sip.Request) *sip.Request {
	again := req.Clone()
	for again.RemoveHeader("Via") {
	}
	return again
}

// maxKeySize is the size from which on a key is a hash.
const maxKeySize = 128
