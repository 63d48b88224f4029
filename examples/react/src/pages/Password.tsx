import { useUser } from "@cartouche/client/react";
import { useState } from "react";
import { auth } from "../auth";
import { Form, PasswordField } from "../form";

export function Password() {
  const user = useUser();
  const [changed, setChanged] = useState(false);
  if (changed) {
    return (
      <>
        <h1>Password</h1>
        <p role="status">Your password is changed, and your other devices are signed out.</p>
      </>
    );
  }
  return (
    <>
      <h1>Password</h1>
      <Form
        submit="Change password"
        onSubmit={async ({ current_password = "", new_password = "" }) => {
          await auth.password.change({ current: current_password, next: new_password });
          setChanged(true);
        }}
      >
        {(error) => (
          <>
            {/* Password managers want to know whose password it is. */}
            <input type="email" name="email" autoComplete="username" value={user?.email ?? ""} readOnly hidden />
            <PasswordField label="Current password" name="current_password" error={error} />
            <PasswordField label="New password" name="new_password" fresh error={error} />
          </>
        )}
      </Form>
    </>
  );
}
