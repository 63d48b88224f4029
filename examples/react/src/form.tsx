import { type AuthError, isAuthError } from "@cartouche/client";
import { type FormEvent, type HTMLInputTypeAttribute, type ReactNode, useEffect, useId, useRef, useState } from "react";

interface FormProps {
  /** What the button says. */
  submit: string;
  /** Does the work with what was typed. Errors of the client are shown; others are thrown on. */
  onSubmit(values: Record<string, string>): Promise<void>;
  /** Better words for some errors. */
  explain?(error: AuthError): string | undefined;
  children: (error: AuthError | null) => ReactNode;
}

/** A form that sends itself once at a time, keeps what was typed, and reads errors out. */
export function Form({ submit, onSubmit, explain, children }: FormProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AuthError | null>(null);
  const summary = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (error) summary.current?.focus();
  }, [error]);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(event.currentTarget)) values[name] = String(value);
    setBusy(true);
    setError(null);
    try {
      await onSubmit(values);
    } catch (e) {
      if (!isAuthError(e)) throw e;
      setError(e);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={send}>
      {error && (
        <p className="error" role="alert" tabIndex={-1} ref={summary}>
          {explain?.(error) ?? say(error)}
        </p>
      )}
      {children(error)}
      <button type="submit" disabled={busy}>
        {busy ? "One moment…" : submit}
      </button>
    </form>
  );
}

/** One sentence for a person. */
function say(error: AuthError): string {
  switch (error.code) {
    case "network":
    case "timeout":
      return "The server cannot be reached. Nothing was lost: try again.";
    case "rate_limited":
      return `Too many tries. Please wait ${Math.ceil((error.retryAfterMs ?? 60_000) / 1000)} seconds.`;
    case "validation":
      return (
        error.fields?.non_field_errors?.join(" ") ??
        error.fields?.token?.join(" ") ??
        "Please look at the fields below."
      );
    default:
      return error.message;
  }
}

interface FieldProps {
  label: string;
  name: string;
  error: AuthError | null;
  type?: HTMLInputTypeAttribute;
  autoComplete?: string;
  defaultValue?: string | undefined;
  required?: boolean;
  /** Said before the field. */
  hint?: string;
}

/** A labelled field with what the server says about it. */
export function Field({ label, name, error, type = "text", required = true, hint, ...input }: FieldProps) {
  const id = useId();
  const messages = error?.fields?.[name];
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        id={id}
        name={name}
        type={type}
        required={required}
        aria-invalid={messages ? true : undefined}
        aria-describedby={[hint && `${id}-hint`, messages && `${id}-error`].filter(Boolean).join(" ") || undefined}
        {...input}
      />
      {messages && (
        <p className="error" id={`${id}-error`}>
          {messages.join(" ")}
        </p>
      )}
    </div>
  );
}

/** A field for an address. */
export function EmailField({ error, name = "email" }: { error: AuthError | null; name?: string }) {
  return <Field label="E-mail" name={name} type="email" autoComplete="username" error={error} />;
}

/** A field for a password, which can be shown. */
export function PasswordField({
  label,
  name,
  error,
  fresh = false,
}: {
  label: string;
  name: string;
  error: AuthError | null;
  fresh?: boolean;
}) {
  const [shown, setShown] = useState(false);
  return (
    <div className="password">
      <Field
        label={label}
        name={name}
        type={shown ? "text" : "password"}
        autoComplete={fresh ? "new-password" : "current-password"}
        error={error}
        {...(fresh && { hint: "At least 8 characters. A few unrelated words are better than one strange one." })}
      />
      <button type="button" className="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
        Show {label.toLowerCase()}
      </button>
    </div>
  );
}
