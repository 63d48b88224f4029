package doctor

// Checks are the ids of all checks, and the settings that they are about.
func Checks() (list [][2]string) {
	for _, c := range checks {
		list = append(list, [2]string{c.id, c.setting})
	}
	return list
}

// Relation is what Sec-Fetch-Site says of a request from one URL to another.
func Relation(app, auth string) string {
	from, fromErr := readOrigin("app", app)
	to, toErr := readOrigin("auth", auth)
	if fromErr != nil || toErr != nil {
		return ""
	}
	return relation(from, to)
}
