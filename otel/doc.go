// Package tracing makes OpenTelemetry spans of requests and of what they ask of the database. It is a module of its own, so that who does not trace does
// not depend on it. No span holds a secret: mailed links carry their token in the path, and front ends may put one into the query, so a span has the
// pattern of the route instead of the URL, and statements come without their arguments.
package tracing
