package token

import "ringsplash/internal/sentence"

// Words is the English of this package, for whoever runs the embedding site.
var Words = sentence.Table{
	"token.unknown": "This gateway does not know the token: it was made more than an hour ago, or elsewhere. getToken must fetch " +
		"a new one from POST /api/v1/embed-tokens of this gateway each time it is called.",
	"token.used": "The token was used before, and a token works once. getToken must fetch a new one each time it is called; see " +
		"to it that nothing on the way caches the answer.",
	"token.expired": "The token is older than five minutes. getToken must fetch a new one each time it is called; if it does, " +
		"compare the clocks of the two servers.",
	"token.too_long": "The token is longer than {bytes} bytes. Leave claims out that the gateway does not need: it looks at sub, " +
		"origin, exp and jti.",
	"token.no_keys": "The token is a signed one, and the gateway has no key to check it with. List the site's public key under " +
		"http.embed_keys of the gateway.",
	"token.unknown_key": "The token names the key {key} (kid), which is not under http.embed_keys of the gateway. Sign with one " +
		"that is, or list it.",
	"token.wrong_algorithm": "The token is signed with {algorithm}, and the key {key} is for {right}. Sign with that, or correct " +
		"http.embed_keys.",
	"token.lacks_claims": "The token lacks the claim sub (the user's name) or origin (the embedding site, such as " +
		"https://intranet.example). Put both in.",
	"token.bad_jti":        "The token needs a claim jti of 1 to {bytes} bytes that no other token has, such as a random UUID.",
	"token.too_far_ahead":  "The token ends more than five minutes from now. Set exp to at most five minutes ahead.",
	"token.wrong_audience": "The token is for another audience. Leave aud out, or set it to {audience}.",
	"token.in_future":      "The token begins in the future. Compare the clocks of the two servers.",
	"token.no_exp":         "The token has no claim exp. Set it to at most five minutes ahead.",
	"token.malformed": "This is no token: neither one of POST /api/v1/embed-tokens nor a signed one (JWT). getToken must return " +
		"the token alone, as text.",
	"token.bad_signature": "The signature of the token is wrong, or made in another way than {algorithms}. Check that the public " +
		"key under http.embed_keys belongs to the key the site signs with.",
	"token.not_usable": "The token cannot be used. It must be a JWT with sub, origin, exp and jti.",
}
