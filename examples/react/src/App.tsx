import { RequireAuth, SignedIn, SignedOut, useAuth } from "@cartouche/client/react";
import type { ReactNode } from "react";
import { Link, Navigate, NavLink, Route, Routes, useLocation } from "react-router";
import { Activate } from "./pages/Activate";
import { Devices } from "./pages/Devices";
import { ForgotPassword } from "./pages/ForgotPassword";
import { Home } from "./pages/Home";
import { Password } from "./pages/Password";
import { Profile } from "./pages/Profile";
import { ResetPassword } from "./pages/ResetPassword";
import { SignIn } from "./pages/SignIn";
import { SignUp } from "./pages/SignUp";

export function App() {
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Header />
      <Connection />
      <main id="main">
        <Routes>
          <Route path="/" element={<Home />} />
          <Route path="/sign-in" element={<SignIn />} />
          <Route path="/sign-up" element={<SignUp />} />
          <Route path="/activate/:uid/:token" element={<Activate />} />
          <Route path="/forgot-password" element={<ForgotPassword />} />
          <Route path="/reset-password/:uid/:token" element={<ResetPassword />} />
          <Route path="/profile" element={<Protected page={<Profile />} />} />
          <Route path="/password" element={<Protected page={<Password />} />} />
          <Route path="/devices" element={<Protected page={<Devices />} />} />
          <Route path="*" element={<Navigate to="/" replace />} />
        </Routes>
      </main>
    </>
  );
}

/** A page for signed-in people. Others sign in first, and come back here. While nobody knows yet, it shows nothing. */
function Protected({ page }: { page: ReactNode }) {
  const { pathname } = useLocation();
  return <RequireAuth fallback={<Navigate to="/sign-in" state={{ from: pathname }} replace />}>{page}</RequireAuth>;
}

function Header() {
  const { signOut } = useAuth();
  return (
    <header>
      <Link className="brand" to="/">
        <img src="/anchor.svg" alt="" width="24" height="24" /> Harbour
      </Link>
      <nav aria-label="Main">
        <SignedIn>
          <NavLink to="/profile">Profile</NavLink>
          <NavLink to="/password">Password</NavLink>
          <NavLink to="/devices">Devices</NavLink>
          <button type="button" className="quiet" onClick={() => void signOut()}>
            Sign out
          </button>
        </SignedIn>
        <SignedOut>
          <NavLink to="/sign-in">Sign in</NavLink>
          <NavLink to="/sign-up">Sign up</NavLink>
        </SignedOut>
      </nav>
    </header>
  );
}

/** Nobody is signed out because the network is: the app only says so. */
function Connection() {
  const { stale } = useAuth();
  return (
    <div role="status">
      {stale && <p className="banner">The server does not answer. You stay signed in; we keep trying.</p>}
    </div>
  );
}
