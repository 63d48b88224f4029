package password

// CommonPasswords are the lines of the embedded list, unpacked again: the cost of the first Check.
func CommonPasswords() string { return string(unpack(packedCommon)) }
