package httpapi

import (
	"log/slog"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// users makes an account (POST, for strangers), or lists those that the principal may see.
func (e *endpoint) users(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	if r.Method == http.MethodPost {
		return e.register(w, r)
	}
	return e.listUsers(w, r, principal)
}

// usersPage is how many users are read at once.
const usersPage = 500

// listUsers writes the list page by page: however many users there are, few are in memory.
func (e *endpoint) listUsers(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	page, err := e.svc.UsersFor(r.Context(), principal, auth.UserQuery{Limit: usersPage})
	if err != nil {
		return bearerError(err)
	}
	w.Header()["Content-Type"] = jsonTypes
	w.WriteHeader(http.StatusOK)
	out := []byte{'['}
	for {
		for i, user := range page {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, e.userJSON(user, e.fields)...)
		}
		if len(page) < usersPage {
			_, err = w.Write(append(out, ']'))
			return err
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
		page, err = e.svc.UsersFor(r.Context(), principal, auth.UserQuery{After: page[len(page)-1].ID, Limit: usersPage})
		if err != nil {
			e.log.ErrorContext(r.Context(), "list of users was cut off", slog.Any("error", err))
			panic(http.ErrAbortHandler) // the answer has begun: better none than one that looks whole
		}
		out = out[:0]
		if len(page) > 0 {
			out = append(out, ',')
		}
	}
}

// account shows, changes or deletes whoever is signed in.
func (e *endpoint) account(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	return e.oneUser(w, r, principal, principal.UserID)
}

// userByID does so for the user that the path names. Whom the principal may not see does not exist for him (enumeration).
func (e *endpoint) userByID(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	return e.oneUser(w, r, principal, auth.UserID(r.PathValue("id")))
}

func (e *endpoint) oneUser(w http.ResponseWriter, r *http.Request, principal auth.Principal, id auth.UserID) error {
	switch r.Method {
	case http.MethodPut, http.MethodPatch:
		return e.updateUser(w, r, principal, id)
	case http.MethodDelete:
		return e.deleteUser(w, r, principal, id)
	}
	user, err := e.svc.UserFor(r.Context(), principal, id)
	if err != nil {
		return bearerError(err)
	}
	return e.answer(w, r, answerValues{user: &user})
}

// updateUser changes a profile. Whom it is about is settled before the body is looked at, as the Django peers do.
func (e *endpoint) updateUser(w http.ResponseWriter, r *http.Request, principal auth.Principal, id auth.UserID) error {
	if _, err := e.svc.UserToChange(r.Context(), principal, id); err != nil {
		return bearerError(err)
	}
	fields, err := readFields(w, r, bodyLimit)
	if err != nil {
		return err
	}
	in := e.newInput(fields)
	update := e.readProfile(in, profileRule{partial: r.Method == http.MethodPatch})
	if err := in.err(); err != nil {
		return err
	}
	user, err := e.svc.UpdateUser(r.Context(), e.client(r), principal, id, update)
	if err != nil {
		return bearerError(err)
	}
	return e.answer(w, r, answerValues{user: &user})
}

// deleteUser deletes an account for good. Whoever asks proves his own password, also where he deletes somebody else.
func (e *endpoint) deleteUser(w http.ResponseWriter, r *http.Request, principal auth.Principal, id auth.UserID) error {
	if _, err := e.svc.UserToChange(r.Context(), principal, id); err != nil {
		return bearerError(err)
	}
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	in := e.newInput(fields)
	current := in.text("current_password", textRule{Max: maxPassword})
	if err := in.err(); err != nil {
		return err
	}
	if err := e.svc.DeleteUser(r.Context(), e.client(r), principal, id, secret.NewText(current)); err != nil {
		return bearerError(err)
	}
	if id == principal.UserID {
		e.clearCookies(w)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// profile shows or changes the names of whoever is signed in.
func (e *endpoint) profile(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	if r.Method != http.MethodPut && r.Method != http.MethodPatch {
		return e.me(w, r, principal)
	}
	fields, err := readFields(w, r, bodyLimit)
	if err != nil {
		return err
	}
	in, update := e.newInput(fields), auth.UserUpdate{}
	read := func(name string, to **string, rule textRule) {
		text := in.text(name, rule)
		if _, present := fields.values[in.wire(name)]; present {
			*to = &text
		}
	}
	if e.svc.LoginField() == auth.LoginByUsername {
		read("username", &update.Username, textRule{Optional: r.Method == http.MethodPatch, Max: maxUsername, Username: true})
	}
	read("first_name", &update.FirstName, textRule{Optional: true, AllowBlank: true, Max: maxName})
	read("last_name", &update.LastName, textRule{Optional: true, AllowBlank: true, Max: maxName})
	if err := in.err(); err != nil {
		return err
	}
	user, err := e.svc.UpdateUser(r.Context(), e.client(r), principal, principal.UserID, update)
	if err != nil {
		return bearerError(err)
	}
	return e.answer(w, r, answerValues{user: &user})
}
