package httpapi

import (
	"errors"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// linkPage is one page behind a mailed link. Following the link only shows it, since mail programs and virus scanners follow links too; what the link is
// for is done by posting the page's form.
type linkPage struct {
	path    string
	purpose auth.Purpose
	title   string
	text    string
	button  string
	done    string
	fields  []pageField
	// use does it. The error may be about fields.
	use func(*api, *http.Request, linkUse) error
	// instead is what the page becomes, by a link with the text insteadText, for whom the first form does not fit; nil: nothing.
	instead     *linkPage
	insteadText string
}

// insteadQuery is the query of a page's other form. A query alone keeps the path, whatever stands in front of it.
const insteadQuery = "instead"

// linkUse is what the form of a page brings.
type linkUse struct {
	uid   string
	token secret.Text
	texts []string // of the page's fields
}

// pageField is one field of a page's form.
type pageField struct {
	Name, Label, Type, Autocomplete string
	Value                           string
	Errors                          []string
}

// linkPages are the pages, below Config.Prefix.
func (a *api) linkPages() []linkPage {
	login := pageField{Name: "new_username", Label: "New username", Type: "text", Autocomplete: "username"}
	if a.svc.LoginField() == auth.LoginByEmail {
		login = pageField{Name: "new_email", Label: "New email address", Type: "email", Autocomplete: "email"}
	}
	return []linkPage{
		activationPage(),
		{
			path: "reset-password", purpose: auth.PurposePasswordReset, title: "Choose a new password", button: "Save the new password",
			text: "You will be signed out everywhere.", done: "Your password is changed. You can sign in with it now.",
			fields: newPasswordFields(),
			use: func(a *api, r *http.Request, u linkUse) error {
				next, err := u.newPassword()
				if err != nil {
					return err
				}
				return a.svc.ConfirmPasswordReset(r.Context(), a.client(r), u.uid, u.token, next)
			},
		},
		{
			path: "reset-identifier", purpose: auth.PurposeIdentifierReset, title: "Choose how you sign in", button: "Save",
			text: "Your password stays as it is.", done: "It is changed. You can sign in with it now.", fields: []pageField{login},
			use: func(a *api, r *http.Request, u linkUse) error {
				return a.svc.ConfirmIdentifierReset(r.Context(), a.client(r), u.uid, u.token, u.texts[0])
			},
		},
	}
}

// activationPage asks for the account's password, so that nobody who follows a link unawares activates what a stranger registered with his address (the
// pre-hijack). Who did not choose the password chooses a new one in its place.
func activationPage() linkPage {
	return linkPage{
		path: "activate", purpose: auth.PurposeActivation, title: "Activate your account", button: "Activate",
		text: "One more step: enter the password that you chose for this account.", done: "Your account is active. You can sign in now.",
		fields: []pageField{{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password"}},
		use: func(a *api, r *http.Request, u linkUse) error {
			_, err := a.svc.ActivateWithPassword(r.Context(), a.client(r), u.uid, u.token, secret.NewText(u.texts[0]))
			return aboutPassword(err, "That is not the password of this account. If you did not choose one, or have forgotten it, choose a new one below.")
		},
		insteadText: "I did not choose a password",
		instead: &linkPage{
			purpose: auth.PurposeActivation, title: "Choose a password", button: "Save and activate",
			text: "The password that this account was registered with stops working, and whoever has signed in with it is signed out.",
			done: "Your account is active, and the password is your own. You can sign in with it now.", fields: newPasswordFields(),
			use: func(a *api, r *http.Request, u linkUse) error {
				next, err := u.newPassword()
				if err != nil {
					return err
				}
				return a.svc.ActivateAnew(r.Context(), a.client(r), u.uid, u.token, next)
			},
		},
	}
}

// aboutPassword says of a wrong password what the field of the account's password says.
func aboutPassword(err error, text string) error {
	if errors.Is(err, auth.ErrWrongPassword) {
		return &problem{code: "invalid", fields: oneField("password", text), cause: err}
	}
	return err
}

func newPasswordFields() []pageField {
	return []pageField{
		{Name: "new_password", Label: "New password", Type: "password", Autocomplete: "new-password"},
		{Name: "re_new_password", Label: "The same again", Type: "password", Autocomplete: "new-password"},
	}
}

// newPassword is what newPasswordFields brought.
func (u linkUse) newPassword() (secret.Text, error) {
	if u.texts[0] != u.texts[1] {
		return secret.Text{}, errDiffer("password")
	}
	return secret.NewText(u.texts[0]), nil
}
