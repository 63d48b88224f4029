package load

import "strconv"

// Get makes a GET request with further header lines, each such as "Authorization: Bearer x".
func Get(host, path string, lines ...string) []byte {
	out := appendLine(nil, "GET ", host, path)
	for _, line := range lines {
		out = append(append(out, line...), "\r\n"...)
	}
	return append(out, "\r\n"...)
}

// AppendPost appends a POST request with a body of JSON, for callers that use their memory again.
func AppendPost(to []byte, host, path string, body []byte) []byte {
	to = appendLine(to, "POST ", host, path)
	to = append(to, "Content-Type: application/json\r\nContent-Length: "...)
	to = strconv.AppendInt(to, int64(len(body)), 10)
	return append(append(to, "\r\n\r\n"...), body...)
}

func appendLine(to []byte, method, host, path string) []byte {
	to = append(append(append(to, method...), path...), " HTTP/1.1\r\nHost: "...)
	return append(append(to, host...), "\r\n"...)
}
