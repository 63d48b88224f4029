package auth

// EndReason says why a session ended, or why its tokens are refused. The empty reason means that it lives.
type EndReason string

// The reasons for which a session ends before its time.
const (
	EndedByLogout      EndReason = "logout"
	EndedByUser        EndReason = "ended_by_user"
	EndedByOperator    EndReason = "ended_by_operator"
	EndedByPassword    EndReason = "password_changed"
	EndedByDisable     EndReason = "user_disabled"
	EndedByDelete      EndReason = "user_deleted"
	EndedAsCompromised EndReason = "compromised"
	EndedAsEvicted     EndReason = "evicted" // the user opened more sessions than Policy.MaxSessions
)

// The reasons that no session is stored with.
const (
	ExpiredIdle     EndReason = "expired_idle"     // it was not used for Session.IdleLifetime
	ExpiredAbsolute EndReason = "expired_absolute" // it reached its longest life
	// RightsChanged ends no session: access tokens from before a right was taken away are dead, and a refresh gets a new one.
	RightsChanged EndReason = "rights_changed"
)

// EndReasons lists every reason there is.
func EndReasons() []EndReason {
	return []EndReason{
		EndedByLogout, EndedByUser, EndedByOperator, EndedByPassword, EndedByDisable, EndedByDelete, EndedAsCompromised, EndedAsEvicted,
		ExpiredIdle, ExpiredAbsolute, RightsChanged,
	}
}

// EndedError refuses a genuine token, and says why its session is over. With [errors.Is] it is ErrSessionEnded, ErrSessionCompromised, ErrUserInactive,
// ErrUserGone or ErrTokenExpired. Whoever presents a token that is not genuine never gets one: strangers must not learn what became of a session.
type EndedError struct {
	Reason EndReason
	is     error
}

// Error names the kind of refusal and the reason.
func (e *EndedError) Error() string { return e.is.Error() + " (" + string(e.Reason) + ")" }

// Unwrap is the kind of refusal.
func (e *EndedError) Unwrap() error { return e.is }

// err is what the holder of a genuine token of such a session is told.
func (r EndReason) err() error {
	switch r {
	case EndedAsCompromised:
		return &EndedError{r, ErrSessionCompromised}
	case EndedByDisable:
		return &EndedError{r, ErrUserInactive}
	case ExpiredIdle, ExpiredAbsolute, RightsChanged:
		return &EndedError{r, ErrTokenExpired}
	default:
		return &EndedError{r, ErrSessionEnded}
	}
}
