package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
)

// confirmStatement is the SQL of one refresh, read from the product's source: so what pgbench runs is what the server runs.
func confirmStatement(root string) (string, error) {
	path := filepath.Join(root, "sqlstore", "session.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return "", err
	}
	constants := map[string]ast.Expr{}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			value := spec.(*ast.ValueSpec)
			for i, name := range value.Names {
				if i < len(value.Values) {
					constants[name.Name] = value.Values[i]
				}
			}
		}
	}
	text, err := constantText(constants, constants["confirmSession"])
	if err != nil {
		return "", fmt.Errorf("%s: confirmSession: %w", path, err)
	}
	return text, nil
}

// constantText evaluates a constant string: a literal, a name, or a sum of them.
func constantText(constants map[string]ast.Expr, expression ast.Expr) (string, error) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.Ident:
		return constantText(constants, constants[e.Name])
	case *ast.BinaryExpr:
		left, err := constantText(constants, e.X)
		if err != nil {
			return "", err
		}
		right, err := constantText(constants, e.Y)
		return left + right, err
	default:
		return "", fmt.Errorf("not a constant text: %T", expression)
	}
}
