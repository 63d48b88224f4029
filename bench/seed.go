package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/cartouche-auth/cartouche/auth"
	passwords "github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// people is how many accounts a site has.
const people = 1000

// seed makes the accounts of a site, through the store. They share one hash, because making a thousand would take half a minute; checking
// it costs the same for each.
func seed(ctx context.Context, store auth.Store, hash string) error {
	now := store.Now()
	for n := range people {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		name := username(n)
		user := auth.User{
			ID: auth.UserID(id.String()), Username: name, Email: name + "@example.com", PasswordHash: hash, IsActive: true, DateJoined: now,
		}
		if _, err := store.CreateUser(ctx, user, auth.Event{Kind: auth.EventUserCreated, At: now, UserID: user.ID}); err != nil {
			return fmt.Errorf("create %s: %w", name, err)
		}
	}
	return nil
}

// productHasher hashes as the product does by default.
func productHasher() (*passwords.Hasher, error) { return passwords.New(passwords.Config{}) }

// cheapHasher hashes in no time, for what does not measure hashing.
func cheapHasher() (*passwords.Hasher, error) {
	return passwords.New(passwords.Config{InsecureCost: &passwords.Cost{Memory: 8, Passes: 1, Lanes: 1}})
}

// hashPassword hashes everybody's password.
func hashPassword(ctx context.Context, hasher func() (*passwords.Hasher, error)) (string, error) {
	h, err := hasher()
	if err != nil {
		return "", err
	}
	return h.Hash(ctx, secret.NewText(password))
}
