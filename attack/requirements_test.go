package attack_test

// requirement is what the server must do, whoever asks.
type requirement struct {
	id, text string
	// beside are tests of it that are no attacks of the table, from inside or of the kind that needs a clock of its own.
	beside string
	// open says what is not met, and why; empty: all of it is met.
	open string
}

// requirements are numbered once and for all.
func requirements() []requirement {
	return append(append(append(tokenRequirements(), browserRequirements()...), passwordRequirements()...), serviceRequirements()...)
}

func tokenRequirements() []requirement {
	return []requirement{
		{"R01", "A signature is checked before any claim is used.", "token TestAttackFlippedBit", ""},
		{"R02", "A closed list of algorithms; each key has one.", "token TestPublishedSignatures, TestAttackAlgorithmRenamed", ""},
		{"R03", "Symmetric and asymmetric signing are never both on.", "auth TestNewRefusesMisplacedSigningSecrets", ""},
		{"R04", "Keys come from the server's own store; a key id is a name and nothing else.", "auth TestAuthenticateUnknownKeysDoNotFloodTheStore", ""},
		{"R05", "Any `crit` refuses the token.", "token TestAttackCriticalHeader; the two last forms of attack TestA09KeyByURL", ""},
		{"R06", "Only compact JWS in one spelling.", "token FuzzVerify, TestAttackJSONSerialization", "texts in JSON bodies are trimmed, as Django REST framework does it, so `jwt/verify/` takes a token with a space at its end"},
		{"R07", "Headers and claims are JSON objects without duplicates, odd cases or bad UTF-8.", "token FuzzClaims, TestAttackMalformedJSON", ""},
		{"R08", "Times are there, are numbers and hold; no life is longer than the configured one.", "token TestVerifyWindow, TestAttackTooLongLife", ""},
		{"R09", "No kind of token is taken for another.", "auth TestTokensOfOneKindAreRefusedAsAnother, TestOneTimeTokensAreBound", ""},
		{"R10", "Issuer, audience, user and session have to fit.", "token TestVerifyAudience, TestAttackOtherIssuer", "`jwt/verify/` asks for the session alone, as simplejwt asks for nothing; every route that acts asks for the user too"},
		{"R11", "A token is read from one place; with a header, cookies do not count.", "httpapi TestTwoAuthorizationHeaders, TestDecisionTableBearer", ""},
		{"R12", "Size and form are bounded before anything is decoded.", "token TestAttackDotsAllocateNothing, TestAttackNestingAndSize", ""},
		{"R13", "Secrets come from the system's randomness, 128 bits or more.", "the linter lets only package secret read randomness", ""},
		{"R14", "Secrets lie hashed or sealed.", "auth TestOutboxKeepsNoTokenInClear, authtest/rotation TestI11DumpSafe", ""},
		{"R15", "A refresh token is good for one step; who comes with an older one ends the session.", "authtest/rotation TestI1SingleBranch, TestI5NoThiefLeft", ""},
		{"R16", "Of many at once, one wins, over processes, restarts and failures.", "authtest/rotation TestRollBackBurnsNoToken, sqlstore/sqlite TestWhatWasAnsweredIsThereAfterACrash", ""},
		{"R17", "Idle and absolute life are the server's; refreshing does not move the absolute one.", "httpapi TestBrowserJourney, authtest/rotation TestI13Time", ""},
		{"R18", "Signing out kills both tokens at once, also after the access token has expired.", "authtest/rotation TestI15LogoutWithAnExpiredToken, cmd/cartouche TestASignOutBitesOnEveryNodeAndService", ""},
		{"R19", "Disabling or deleting ends all sessions at once; ids are not given twice.", "auth TestDisableShutsTheUserOutAtOnce, TestDeletedAccountsAreGone", ""},
		{"R20", "A new password ends all other sessions.", "auth TestResetPasswordEndsEverySession", ""},
		{"R21", "A sign-in makes everything new.", "httpapi TestSessionFixation", ""},
		{"R22", "People see and end their sessions, operators any.", "httpapi TestRevokingSessions, auth TestOperatorsEndAndExplainSessions", ""},
		{"R23", "Sessions of a user are bounded.", "auth TestTooManySessions", ""},
		{"R24", "Rights and states come from the store.", "auth TestDemotion, httpapi TestUsingAnAccessTokenOfADisabledUser", ""},
		{"R25", "Password, address and the account itself change only with the current password.", "httpapi TestSetUsername", "where people sign in by user name, djoser's `PATCH users/me/` changes the address without it"},
		{"R26", "A revocation that was not stored is no success.", "authtest/rotation TestLogoutWhenTheStoreFails", ""},
	}
}

func browserRequirements() []requirement {
	return []requirement{
		{
			"R27", "Cookies have the prefix `__Host-`, Secure and Path=/, and no Domain.", "httpapi TestCookieAudit",
			"cookies of dialects keep the names and paths that their front ends know, without the prefix; a name that comes twice is refused",
		},
		{"R28", "Cookies with tokens are HttpOnly, and their tokens in no body.", "httpapi TestDialectCookieAudit", "`rest_auth_tokens: both` and the dialects whose pages want tokens in bodies give them, for who chooses them"},
		{"R29", "Every cookie has a SameSite.", "httpapi TestCookieAudit", ""},
		{"R30", "Cookies are at most 4,096 bytes and 400 days.", "httpapi TestOversizedCookie", ""},
		{"R31", "Unsafe requests under cookies prove their origin, and then a token bound to the session.", "httpapi TestDecisionTable, TestDjangoCSRFCases", "where the dialect `cookie` refreshes, the origin alone decides, as its front end sends no token"},
		{"R32", "Bodies that need no preflight are refused.", "httpapi TestFormToken", "forms are taken, as Django's peers take them, with a right CSRF token"},
		{"R33", "GET, HEAD and OPTIONS change nothing; links in mails only show a page.", "httpapi TestFollowingALinkChangesNothing, TestHEADAndOPTIONS", ""},
		{"R34", "Sec-Fetch-Site and Origin both count, by scheme, host and port.", "httpapi TestDecisionTable", ""},
		{"R35", "Sign-in, registration and reset are checked too.", "httpapi TestAnonymousPostsCheckTheOrigin", ""},
		{"R36", "CORS has an exact list and never a wildcard with credentials.", "httpapi TestOriginReflection, TestAllowedOrigin", ""},
		{"R37", "HSTS, nosniff, a policy without frames, no referrer; no handle on a page's window.", "httpapi TestHeadersOfEveryAnswer, TestPageHeaders", ""},
		{"R38", "Nobody keeps answers.", "httpapi TestHeadersOfEveryAnswer", ""},
		{"R39", "Signing out sends Clear-Site-Data.", "httpapi TestClearSiteData", "with `clear_site_data` only, and only when somebody signs out everywhere: it clears the cookies of sibling hosts too; the others are taken back one by one"},
		{"R40", "Redirects lead to places of a list.", "httpapi TestSlashes", ""},
	}
}

func passwordRequirements() []requirement {
	return []requirement{
		{"R41", "argon2id with 19 MiB and two passes at least.", "password TestOwnForm, TestNewRefuses", ""},
		{"R42", "Fifteen characters where a password is all there is.", "auth TestPolicyCheck", "eight by default, as in Django; `password_min_length` takes up to 64"},
		{"R43", "Long passwords are taken whole, none is cut or changed.", "httpapi TestEndlessPassword", "spaces at both ends are cut off and letters composed (NFC), at setting and at checking alike, as Django's forms do it"},
		{"R44", "Common passwords and those of the account's own words are refused.", "auth TestRegisterReportsEveryFieldAtOnce", "Django's 19,640 common ones; there is no list of breached ones"},
		{
			"R45", "Nobody learns who has an account.", "auth TestTheWorkDoesNotTellWhoHasAnAccount, TestLoginCostsOneHashForEverybody",
			"where people sign in by user name, a registration tells that a name is taken; imported hashes of Django take another time until their owner has signed in once",
		},
		{"R46", "Guesses are limited for each account and source, and no stranger locks the owner out.", "auth TestStrangersCannotLockTheOwnerOut, TestABotnetGetsAtMostAHundredGuessesADay", ""},
		{"R47", "Hashing has slots, a bounded queue and a deadline.", "password TestHashFlood, TestWaitingEndsAtTheDeadline", ""},
		{"R48", "Weak hashes are made anew at a sign-in; foreign ones have caps.", "auth TestLoginUpgradesDjangoHashes, password TestCostlyImport", ""},
		{"R49", "Nobody is made to change a password for its age.", "there is no such thing", ""},
		{"R50", "Every place that checks a password shares one count and one event.", "httpapi TestSideDoors", ""},
		{"R51", "People are told of new devices and of changes.", "httpapi TestNewDevice, auth TestCompromisedSessionIsMailed", "mails about a changed password or login name are off by default, as in djoser"},
	}
}

func serviceRequirements() []requirement {
	return []requirement{
		{"R52", "Mailed links are single, new, short-lived, and for one purpose and person.", "httpapi TestActivationLinkExpires, auth TestPasswordResetRace", ""},
		{"R53", "Links are made from settings.", "httpapi TestHostPoisoning", ""},
		{"R54", "Nobody adds a header or a recipient to a mail.", "mail TestHeaderInjection, TestAddressListsAndDisguises", ""},
		{"R55", "Mails go to the stored address, found by one form that merges no foreign letters.", "auth TestLoginConfusableAddressesAreOtherPeople, TestRequestedMailsGoToTheStoredAddress", ""},
		{"R56", "A reset does not sign in and passes no second factor.", "attack TestB18Reset", ""},
		{"R57", "Who proves an address first wipes what was set before.", "auth TestPreHijackByReset, httpapi TestPreHijackByActivationPage", "djoser's `users/activation/` does so only with `activation_requires_password`"},
		{"R58", "What may be written is a list.", "httpapi TestMassAssignment", ""},
		{"R59", "What is somebody else's does not exist.", "auth TestOtherPeoplesAccounts, TestSessionsOfOthersDoNotExist", ""},
		{"R60", "SQL has parameters only.", "sqlstore TestStatementsNumberTheirPlaceholdersInOrder", ""},
		{"R61", "Every field has one type and a limit.", "httpapi TestBrokenJSON, TestTextCoercion, TestBodyLimits", ""},
		{"R62", "Only listed proxies say where a request is from; IPv6 counts by network.", "httpapi TestClientAddress, TestAddressRotation", ""},
		{"R63", "Problem JSON with nothing of the inside.", "httpapi TestProblemJSON, TestInternalErrorTellsNothing; every answer to these attacks is searched", ""},
		{"R64", "Logs are JSON and hold no secret.", "cmd/cartouche TestLogInjection", ""},
		{"R65", "No metrics and no debugging in public.", "httpapi TestOperationsListener, cmd/cartouche TestProxiesLeadToThePublicAddressOnly", "the description of the routes, `/openapi.json`, is public on purpose"},
		{"R66", "Only declared methods; no TRACE.", "httpapi TestOrderOfRefusals", ""},
		{"R67", "Time-outs and limits of sizes and connections.", "cmd/cartouche TestLimitsOfARequest, cmd/cartouche/internal/bounds TestOneSourceCannotTakeAllConnections", ""},
		{"R68", "Keys are made, sealed and changed by the server, and taken out of use at once.", "auth TestSigningKeysLive, TestRevokeKey, TestSigningKeysStaySealedUnderAnotherMaster", ""},
		{"R69", "No default secret; what is weak does not start.", "cmd/cartouche TestUnsafeStart", ""},
		{"R70", "Comparisons in constant time, tokens by their hash.", "the linter lets only package secret compare", ""},
		{"R71", "What fails, fails closed, and cookies stay.", "httpapi TestStoreIsGone, auth TestNobodySignsInWhileTheCountersAreDown", ""},
		{"R72", "Known weaknesses are looked for, races too.", "`make test` runs under the race detector, CI runs govulncheck, `make release` lists the parts of each binary (CycloneDX)", ""},
	}
}
