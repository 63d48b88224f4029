package attack_test

func enumerationAttacks() []attack { return nil }
func guessAttacks() []attack       { return nil }
func passwordAttacks() []attack    { return nil }
func inputAttacks() []attack       { return nil }
func mailAttacks() []attack        { return nil }
func operationAttacks() []attack   { return nil }
