package policy

import "ringsplash/internal/sentence"

// Words is the English of this package: why a phone may be made to answer or
// not, and what is wrong with a change of the grants.
var Words = sentence.Table{
	"address.bad_star": "the star stands for whole parts in front of a domain only, as in *.example.com; all users of a domain " +
		"are allowed by example.com",
	"address.empty":         "it is empty",
	"address.nobody":        "everybody who withholds his identity has it, so it names nobody",
	"address.with_name":     "it has a name or angle brackets; write the address alone, like bob@example.com",
	"address.with_password": "there is a colon before the @; write the address alone, like bob@example.com",
	"decision.addresses":    "The requester is one of the allowed addresses.",
	"decision.comparing": "The gateway's store came back and is still being compared with what was revoked, so nothing " +
		"answers by itself for a moment; the phone can be answered by hand.",
	"decision.directory": "The requester is in the personal directory.",
	"decision.fault": "The gateway made an error while it decided, so nothing answers by itself. Tell the administrator; " +
		"the phone can be answered by hand.",
	"decision.friends":         "The requester is on the friends list.",
	"decision.no_grant":        "The owner allowed no group that the requester belongs to.",
	"decision.no_interworking": "This phone may not answer by itself. Allow it under Your phones, or lift the handset.",
	"decision.not_recorded": "The decision could not be recorded, and nothing answers by itself without a record. Tell the " +
		"administrator to look at the disk of the gateway; the phone can be answered by hand.",
	"decision.not_set_up":      "Automatic answer is not set up on this gateway. Lift the handset, or answer in the browser.",
	"decision.own":             "The owner asked from a browser he is logged in with.",
	"decision.owner_limit":     "This owner's phones were opened by others {times} times within the last hour, which is the limit.",
	"decision.owner_only":      "Only the owner of the phone may do this, from a browser he is logged in with.",
	"decision.privileged":      "Privileged automatic answer (Priv-Answer-Mode) is never allowed.",
	"decision.public":          "Everybody is allowed.",
	"decision.quiet":           "The owner wants no automatic answers, so nothing but his own click makes the phone answer.",
	"decision.requester_limit": "This requester opened phones {times} times within the last hour, which is the limit.",
	"decision.simulated": "{reason} It holds for callers who prove their address: by their own log-in here or by a trusted " +
		"trunk. Who only claims it is not let in.",
	"decision.store_away": "The gateway could not read who may open this phone: its store did not answer in time. Nothing " +
		"answers by itself until it does; the phone can be answered by hand.",
	"decision.too_many":     "Too many requests came for this phone at the same moment, so this one was not let in.",
	"decision.unknown_kind": "Requests of the kind {kind} are not known.",
	"decision.unproven":     "The requester's address is only claimed, not proven, and the owner does not allow everybody.",
	"decision.unproven_limit": "Callers who did not prove who they are opened phones {times} times within the last hour, " +
		"which is the limit.",
	"decision.withheld": "The requester withholds his identity or has none that can be read, and the owner does not allow " +
		"everybody.",
	"problem.address":         "{address} cannot be allowed: {fault}.",
	"problem.forbidden_group": "The administrator does not let anybody allow the group {group}. Leave it off, or ask him.",
	"revoked.addresses":       "No longer allowed to open your phones: {addresses}.",
	"revoked.group":           "The group {group} may no longer open your phones.",
	"revoked.nothing":         "This was not allowed any more already.",
}
