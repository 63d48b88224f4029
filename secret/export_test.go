package secret

// AlphanumericFrom is Alphanumeric with another source of bytes.
var AlphanumericFrom = alphanumeric
