package doctor

// check is one thing that can be wrong: what it is called, what to change, what to say, and how it is seen.
type check struct {
	id      string
	setting string
	text    string // {app}, {auth}, {prefix} and {detail} are filled in
	advice  bool   // it works all the same
	last    bool   // nothing that comes after would say more
	found   func(v *visit) (detail string, wrong bool)
}

// checks is the table of everything that the doctor knows, the gravest first. A test goes with each row.
//
//nolint:gochecknoglobals // a constant in all but name
var checks = []check{
	{
		id: "certificate", setting: "the proxy's certificate", last: true, found: certificateRefused,
		text: "Browsers do not accept the certificate of {auth} ({detail}): give the proxy one that is of this name, in date, and comes with its whole chain.",
	},
	{
		id: "unreachable", setting: "listen, or the proxy", last: true, found: unreachable,
		text: "{auth} does not answer ({detail}): start the server, and let the proxy forward to its `listen`.",
	},
	{
		id: "moved", setting: "public_url", last: true, found: moved,
		text: "{auth} sends browsers on to {detail}: use that address in the front end and in `public_url`, and ask the doctor about it.",
	},
	{
		id: "redirect", setting: "the proxy's redirects", last: true, found: redirected,
		text: "The proxy answers {detail} with a redirect, which loses the body of a POST and is refused in a preflight: let it forward every path as it is, with and without a trailing slash.",
	},
	{
		id: "not_cartouche", setting: "prefix, or the proxy's paths", last: true, found: notCartouche,
		text: "{auth}{prefix}csrf/ is not answered by Cartouche ({detail}): let the proxy forward {prefix} unchanged, or give the doctor the server's --prefix.",
	},
	{
		id: "mixed_content", setting: "public_url", found: mixedContent,
		text: "Pages of {app} come over https, and browsers refuse to call {auth} from them because it is http: serve it over https and set `public_url` to that.",
	},
	{
		id: "plain_http", setting: "public_url", found: plainHTTP,
		text: "{auth} is plain http on a network, where passwords and tokens can be read on their way: end TLS in a proxy and set `public_url` to the https address.",
	},
	{
		id: "public_url", setting: "public_url", found: wrongPublicURL,
		text: "The server does not take {auth} for its own address ({detail}): set `public_url` to exactly what browsers use.",
	},
	{
		id: "issuer", setting: "issuer", found: wrongIssuer,
		text: "Access tokens name {detail} as their issuer and not {auth}, so services that look there for keys refuse them: leave `issuer` to be `public_url`.",
	},
	{
		id: "origin_not_allowed", setting: "allowed_origins", found: originNotAllowed,
		text: "Pages of {app} may not read the server's answers: add {app} to `allowed_origins`.",
	},
	{
		id: "cross_site", setting: "cross_site", found: crossSiteRefused,
		text: "{app} and {auth} are different sites, so browsers keep the cookies back: serve both below one domain, or set `cross_site` and lose the browsers that block such cookies.",
	},
	{
		id: "origin_refused", setting: "the proxy's request headers", found: originRefused,
		text: "The server refuses a POST from {app} ({detail}): let the proxy pass the headers Origin, Referer, Cookie, X-CSRFToken and Sec-Fetch-Site unchanged.",
	},
	{
		id: "preflight", setting: "the proxy's handling of OPTIONS", found: preflightLost,
		text: "A browser's preflight of a POST from {app} fails ({detail}), although the origin is allowed: let the proxy forward OPTIONS to the server.",
	},
	{
		id: "cors_lost", setting: "the proxy's answer headers", found: corsLost,
		text: "The preflight allows {app}, but answers come without {detail}: let the proxy pass Access-Control headers unchanged.",
	},
	{
		id: "cors_twice", setting: "the proxy's answer headers", found: corsTwice,
		text: "Access-Control-Allow-Origin says {detail} and not just {app}, which browsers refuse: let only the server set Access-Control headers, not the proxy.",
	},
	{
		id: "cookie_lost", setting: "the proxy's answer headers", found: cookieLost,
		text: "The server's Set-Cookie does not arrive: let the proxy (or its cache) pass that header.",
	},
	{
		id: "cookie_path", setting: "the proxy's cookie path", found: cookiePath,
		text: "The cookie {detail}, so browsers do not send it where it is needed: switch off the proxy's rewriting of cookie paths.",
	},
	{
		id: "cookie_domain", setting: "the proxy's cookie domain", found: cookieDomain,
		text: "The cookie {detail}, which a name with __Host- forbids and which shows cookies to other hosts: switch off the proxy's rewriting of cookie domains.",
	},
	{
		id: "cookie_insecure", setting: "the proxy's cookie flags", found: cookieInsecure,
		text: "The cookie {detail} comes over https without Secure, so a name with __Host- is dropped: switch off the proxy's rewriting of cookie flags.",
	},
	{
		id: "cookie_secure_over_http", setting: "public_url", found: cookieSecure,
		text: "The cookie {detail} is Secure and comes over http, where browsers drop it: call the server at the https address of its `public_url`.",
	},
	{
		id: "cookie_same_site", setting: "the proxy's cookie flags", found: sameSiteLost,
		text: "The cookie {detail}, so other sites' pages can use it, or browsers guess: switch off the proxy's rewriting of cookie flags, or set `cross_site` to what is true.",
	},
	{
		id: "not_live", setting: "the proxy's paths", found: notLive,
		text: "{auth}/livez answers {detail} instead of 200: let the proxy forward it, or watch `operations_listen` instead.", advice: true,
	},
	{
		id: "not_ready", setting: "database", found: notReady,
		text: "The server says that it is not ready ({detail}): see its log; most likely the `database` does not take writes.",
	},
	{
		id: "jwks", setting: "the proxy's paths", found: noJWKS,
		text: "{auth}/.well-known/jwks.json answers {detail} instead of keys, so other services cannot check access tokens: let the proxy forward that path.",
	},
	{
		id: "jwks_cache", setting: "the proxy's answer headers", found: jwksNotCacheable,
		text: "The keys come with Cache-Control {detail}, so every service asks for them all the time: let the proxy pass the server's Cache-Control.", advice: true,
	},
	{
		id: "cached", setting: "the proxy's cache", found: cached,
		text: "Answers of {prefix} come from a cache or may be kept by one ({detail}), which can hand one user's session to another: exclude {prefix} from the cache and pass Cache-Control.",
	},
	{
		id: "body_limit", setting: "the proxy's body limit", found: bodyLimited,
		text: "A request of {detail}: raise the proxy's limit for bodies to at least 64 KiB.",
	},
	{
		id: "header_limit", setting: "the proxy's header limit", found: headerLimited,
		text: "A request with 6 KiB of cookies is answered {detail}: raise the proxy's limit for request headers to 16 KiB.",
	},
	{
		id: "clock", setting: "the machine's clock", found: wrongClock,
		text: "The clocks of {auth} and of this machine are {detail} apart, so tokens look too old or too new: let both follow a time server.",
	},
	{
		id: "certificate_expires", setting: "the proxy's certificate", found: certificateExpires,
		text: "The certificate of {auth} ends {detail}: renew it, and see why that did not happen by itself.",
	},
	{
		id: "forwarded_not_trusted", setting: "trusted_proxies", found: forwardedNotTrusted,
		text: "A proxy answers ({detail}) and `trusted_proxies` is empty, so limits count everybody as one: list the proxy's address there.",
	},
	{
		id: "forwarded_spoofable", setting: "trusted_proxies", found: forwardedSpoofable,
		text: "No proxy answers, and `trusted_proxies` has {detail}, so whoever is in there can pretend to be any address: remove it, or let only the proxy reach `listen`.",
	},
	{
		id: "hsts", setting: "the proxy's answer headers", found: noHSTS,
		text: "Strict-Transport-Security {detail}, so a first visit over http can be caught: let the proxy pass the server's header.",
	},
	{
		id: "http2", setting: "the proxy's protocols", found: noHTTP2,
		text: "{auth} does not speak HTTP/2, so a page's calls wait for each other: switch it on in the proxy.", advice: true,
	},
}
