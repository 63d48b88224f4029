package attack_test

func inputAttacks() []attack     { return nil }
func mailAttacks() []attack      { return nil }
func operationAttacks() []attack { return nil }
