import { useUser } from "@cartouche/client/react";
import { useState } from "react";
import { auth } from "../auth";
import { Field, Form, PasswordField } from "../form";

export function Profile() {
  const user = useUser();
  const [saved, setSaved] = useState(false);
  return (
    <>
      <h1>Profile</h1>
      <p>
        You are signed in as <strong>{user?.email}</strong>.
      </p>
      <Form
        submit="Save"
        onSubmit={async ({ first_name, last_name }) => {
          setSaved(false);
          await auth.user.update({ first_name, last_name });
          setSaved(true);
        }}
      >
        {(error) => (
          <>
            <Field
              label="First name"
              name="first_name"
              autoComplete="given-name"
              required={false}
              defaultValue={user?.first_name}
              error={error}
            />
            <Field
              label="Last name"
              name="last_name"
              autoComplete="family-name"
              required={false}
              defaultValue={user?.last_name}
              error={error}
            />
          </>
        )}
      </Form>
      <p role="status">{saved && "Saved."}</p>
      <DeleteAccount />
    </>
  );
}

function DeleteAccount() {
  return (
    <details>
      <summary>Delete this account</summary>
      <p>Everything about you is deleted at once, and nobody can bring it back.</p>
      <Form submit="Delete for good" onSubmit={({ current_password = "" }) => auth.user.remove(current_password)}>
        {(error) => <PasswordField label="Current password" name="current_password" error={error} />}
      </Form>
    </details>
  );
}
