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

// hashPassword is everybody's password as the product hashes it.
func hashPassword(ctx context.Context) (string, error) {
	hasher, err := passwords.New(passwords.Config{})
	if err != nil {
		return "", err
	}
	return hasher.Hash(ctx, secret.NewText(password))
}
