package browser

import "ringsplash/internal/sentence"

// Words is the English of this package: problems of the REST interface,
// refused tokens, and commands that come to no call.
var Words = sentence.Table{
	"address.not_here":      "nobody here has this name",
	"command.bad_codecs":    "the field codecs is not a list of codec names",
	"command.bad_field":     "the field {field} is too long or has characters that do not belong there",
	"command.bad_request":   "The page sent a command the gateway cannot read: {fault}. Reload the page.",
	"command.fault":         "The gateway made an error and did not do this. Try again.",
	"command.missing_field": "{do} needs the field {field}",
	"command.too_fast":      "Too many commands came at once, so this one was left out. Try again in a moment.",
	"command.unknown_do":    "it does not know this do",
	"command.wrong_kind":    "a field has the wrong kind of value",
	"problem.bad_address":   "Nothing was changed. {faults}",
	"problem.bad_after":     "after is not the next of a page. Use next of the page before.",
	"problem.bad_before":    "before must be the id of an entry of this list. Use next of the page before.",
	"problem.bad_format":    "format must be vcard or csv.",
	"problem.bad_friends":   "friends must be true or false. Leave it out for everybody.",
	"problem.bad_json":      "The body is not the JSON object that belongs here ({fault}). Compare it with /api/v1/openapi.yaml.",
	"problem.bad_limit":     "limit must be a number from 1 to 200. Leave it out for 50.",
	"problem.bad_member": "A member is too long, or has characters that do not belong there. Compare it with " +
		"/api/v1/openapi.yaml.",
	"problem.bad_origin": "The member origin must be the embedding site, as its pages' addresses begin: " +
		"https://intranet.example. Correct it.",
	"problem.bad_password":    "The new password must have at least 8 characters and at most 1024 bytes. Choose another.",
	"problem.calls_not_yours": "The calls of all users are for administrators. Your own are at /api/v1/history.",
	"problem.cut_off":         "The file did not arrive whole. Send it again.",
	"problem.decisions_not_yours": "Only an administrator may read the decisions about somebody else's phones. Leave user " +
		"out for your own.",
	"problem.exists":         "Nothing was changed: {fault}.",
	"problem.fault":          "The gateway made an error. Try again; if it happens again, tell the administrator the request id.",
	"problem.file_too_large": "The file is over 1 MiB, the most that is imported at once. Split it.",
	"problem.fixed": "The configuration file of the gateway sets this, so it cannot be changed here. Ask the administrator " +
		"to change the file.",
	"problem.foreign_member": "The member {member} does not belong to {do}. Leave it out.",
	"problem.key_may_not_open": "This API key may neither answer on a deskphone nor un-mute. Make one with `ringsplash " +
		"apikey add NAME --right calls --right open --user USER`, or press it on the page.",
	"problem.key_no_calls": "This API key has no right to calls. Make one with `ringsplash apikey add NAME --right calls " +
		"--user USER`.",
	"problem.key_no_tokens": "This API key may not ask for tokens. Make one with `ringsplash apikey add NAME --right embed`.",
	"problem.key_of_others": "This API key is not for the user in the query. Correct the name, or make a key with --user " +
		"for it.",
	"problem.key_of_several": "This API key is for several users. Say whose calls are meant: ?user=NAME.",
	"problem.login_from_elsewhere": "Passwords are taken from the gateway's own page alone, and the request came from a " +
		"page of another site. Open the phone at its own address; pages of listed sites log in with tokens.",
	"problem.key_no_messages": "This API key has no right to messages. Make one with `ringsplash apikey add NAME --right messages " +
		"--user USER`.",
	"problem.no_messages":        "This gateway keeps no messages.",
	"problem.no_search":          "Give q a word to search for.",
	"problem.no_with":            "Name the other side in with: an address, a name or a number.",
	"problem.long_query":         "q is longer than 200 bytes. Search for fewer words.",
	"problem.method_not_allowed": "This address does not know this method. The Allow header names those it knows.",
	"problem.metrics_not_yours":  "Metrics are for administrators and for programs on the gateway's own machine. Ask from there.",
	"problem.missing_member":     "The member {member} is missing, which {do} needs. Send it.",
	"problem.no_address":         "This address does not exist. The interface is described at /api/v1/openapi.yaml.",
	"problem.no_address_given": "{text} is no address: {fault}. Write a name of somebody here, or an address like " +
		"bob@example.com.",
	"problem.no_interworking": "None of your deskphones may be made to answer by itself, so there is nothing to allow. " +
		"Allow one to answer by itself under Your phones first.",
	"problem.no_keys":   "This gateway takes no API keys. Run it with `ringsplash serve`.",
	"problem.no_policy": "This gateway makes no phone answer by itself, so there is nothing to allow. Ask the administrator.",
	"problem.no_such_call": "There is no such call of yours, or it ended too long ago. The list of calls at " +
		"/api/v1/history keeps what became of it.",
	"problem.no_such_user": "The gateway has no user with the name in the member user. Add the user with `ringsplash user " +
		"add`, or correct the name.",
	"problem.no_version":     "Say which version you changed: send its ETag as If-Match, so that nobody's change is lost.",
	"problem.no_websocket":   "Only WebSockets are served here. The protocol is described in docs/protocol.md.",
	"problem.node_stopping":  "The gateway is being stopped. Use another node, or wait for its restart.",
	"problem.not_admin":      "This is for administrators. Ask one, or use an API key made with --right admin.",
	"problem.not_found":      "There is nothing with this name. Fetch the list again and choose from it.",
	"problem.not_importable": "Only vCard and CSV files can be imported. Send one with Content-Type: text/vcard or text/csv.",
	"problem.not_json":       "The body must be JSON. Send it with Content-Type: application/json.",
	"problem.not_logged_in":  "You are not logged in, or your log-in has ended. Log in again.",
	"problem.not_trusted": "Scripts of {origin} may neither answer on a deskphone, nor un-mute, nor change settings. Embed " +
		"the phone with <ringsplash-phone>, where the user clicks inside the phone's own frame, or ask the gateway's " +
		"administrator to set trusted: true for this origin under http.embed_origins.",
	"problem.not_valid": "The change was not made: {fault}. Correct the value and send it again.",
	"problem.origin_not_listed": "The gateway does not let pages of {origin} embed the phone. Ask its administrator to " +
		"list this origin under http.embed_origins.",
	"problem.own_user":      "You cannot remove yourself. Ask another administrator, or use `ringsplash user remove`.",
	"problem.refused":       "The request was refused: {why}. See /api/v1/openapi.yaml for what is expected.",
	"problem.shutting_down": "The gateway is being stopped. Connect again in half a minute.",
	"problem.store_away": "The gateway cannot reach its store, so this could not be looked up or changed. Try again in a " +
		"few seconds.",
	"problem.too_large": "The request is over 64 KiB, more than any request here needs. Send less.",
	"problem.too_many_addresses": "Nothing was changed: at most 200 addresses can be allowed. Allow a whole domain instead " +
		"of each of its users.",
	"problem.too_many_attempts": "There were too many wrong attempts. Wait a few seconds and try again.",
	"problem.too_many_keys":     "There were too many wrong API keys. Wait a few seconds and try again.",
	"problem.too_many_logins":   "Too many people are logging in at this moment. Try again in a few seconds.",
	"problem.too_many_streams":  "Too many event streams of this user are open. Close one and try again.",
	"problem.too_many_tabs":     "Too many pages of this phone are open. Close some of them and load this one again.",
	"problem.version_conflict": "Somebody changed this meanwhile, perhaps you in another tab. Fetch it again and repeat " +
		"your change.",
	"problem.wrong_host": "The request is for a host that is not this gateway. Open the phone by a name of the gateway, or " +
		"ask the administrator to list this name under http.names.",
	"problem.wrong_key": "The request needs an API key of this gateway: Authorization: Bearer rsk_... Make one with " +
		"`ringsplash apikey add NAME`.",
	"problem.wrong_login": "The name or the password is wrong. Check both and try again.",
	"problem.wrong_origin": "The request came from a page of another site, or did not say from which. Open the phone at " +
		"its own address, or ask the administrator to list the site under http.embed_origins.",
	"problem.wrong_password": "The current password is wrong, so the password was not changed. Type it again.",
	"token.bad_origin": "The claim origin of the token is not an origin. Write the embedding site like " +
		"https://intranet.example.",
	"token.login_over": "The log-in of this page is over. getToken must fetch a new token.",
	"token.no_parent":  "The page did not say which site it is embedded in. Reload it.",
	"token.no_such_user": "The gateway has no user with the name in the token. Add the user with `ringsplash user add`, or " +
		"correct the name the site puts into its tokens.",
	"token.none_taken":         "This gateway takes no tokens. Run it with `ringsplash serve`.",
	"token.other_kind_of_page": "This log-in belongs to a page of another kind. getToken must fetch a token for this one.",
	"token.other_site": "The token is for {origin}, and this page belongs to {from}. The site must ask for its tokens with " +
		"its own origin.",
}
