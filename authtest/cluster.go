package authtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// cluster is a PostgreSQL of this process's own, in a temporary folder.
type cluster struct {
	url     string
	folder  string
	bin     string              // where the programs are
	account *syscall.Credential // what they run under; nil: ours
	port    int
	process *os.Process
	ended   chan struct{} // closed when the process has ended
	log     logTail
}

const howToInstall = "install PostgreSQL's server programs (apt-get install postgresql) or let CARTOUCHE_TEST_POSTGRES name a database"

// startCluster makes a cluster and waits until it takes connections.
func startCluster() (*cluster, error) {
	bin, err := findPrograms()
	if err != nil {
		return nil, err
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	removeAbandoned()
	folder, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", folderPrefix, os.Getpid()))
	if err != nil {
		return nil, err
	}
	c := &cluster{folder: folder, bin: bin, account: account, ended: make(chan struct{})}
	if err := c.start(); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *cluster) start() error {
	if c.account != nil {
		if err := os.Chown(c.folder, int(c.account.Uid), int(c.account.Gid)); err != nil {
			return err
		}
	}
	password := secret.Alphanumeric(32)
	if err := c.initialise(password); err != nil {
		return err
	}
	var err error
	if c.port, err = sparePort(); err != nil {
		return err
	}
	if err := c.serve(); err != nil {
		return err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port))
	c.url = (&url.URL{Scheme: "postgres", User: url.UserPassword("postgres", password), Host: address, Path: "/postgres", RawQuery: "sslmode=disable"}).String()
	return nil
}

// data is where the server keeps what it has stored.
func (c *cluster) data() string { return filepath.Join(c.folder, "data") }

func (c *cluster) initialise(password string) error {
	passwordFile := filepath.Join(c.folder, "password")
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	if c.account != nil {
		if err := os.Chown(passwordFile, int(c.account.Uid), int(c.account.Gid)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	//nolint:gosec // the programs that PATH names
	initdb := exec.CommandContext(ctx, filepath.Join(c.bin, "initdb"), "--pgdata", c.data(), "--username=postgres", "--pwfile", passwordFile,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir = c.folder
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: c.account}
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, output)
	}
	return nil
}

// serve starts the server. Durability is off: tests kill processes, not machines.
func (c *cluster) serve() error {
	//nolint:gosec,noctx // the programs that PATH names; the server outlives every test
	server := exec.Command(filepath.Join(c.bin, "postgres"), "-D", c.data(), "-p", strconv.Itoa(c.port), "-h", "127.0.0.1", "-k", "",
		"-c", "autovacuum=off", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400", "-c", "log_min_messages=warning")
	server.Dir = c.folder
	server.SysProcAttr = serverAttributes(c.account)
	output, err := server.StderrPipe()
	if err != nil {
		return err
	}
	started, ended := make(chan error), c.ended
	go func() {
		// The kernel ends the server when the thread that started it ends, so that thread has to live as long as this process.
		runtime.LockOSThread()
		err := server.Start()
		started <- err
		if err == nil {
			_ = server.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	c.process = server.Process
	return c.awaitReady(output)
}

// awaitReady reads the server's log until it takes connections.
func (c *cluster) awaitReady(output interface{ Read([]byte) (int, error) }) error {
	ready := make(chan struct{})
	go func() {
		lines, seen := bufio.NewScanner(output), false
		for lines.Scan() {
			c.log.add(lines.Text())
			if !seen && strings.Contains(lines.Text(), "ready to accept connections") {
				seen = true
				close(ready)
			}
		}
	}()
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	select {
	case <-ready:
		return nil
	case <-c.ended:
		return fmt.Errorf("postgres ended: %s", c.log.String())
	case <-timeout.C:
		return fmt.Errorf("postgres did not start within a minute: %s", c.log.String())
	}
}

// stop ends the server at once and deletes its folder.
func (c *cluster) stop() {
	if c.process != nil {
		_ = c.process.Signal(syscall.SIGQUIT)
		<-c.ended
	}
	_ = os.RemoveAll(c.folder)
}

const folderPrefix = "cartouche-postgres-"

// removeAbandoned deletes the folders of test binaries that were killed: their process is gone, and was gone an hour ago already.
func removeAbandoned() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, folder := range folders {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), folderPrefix), "-")
		owner, err := strconv.Atoi(pid)
		info, statErr := os.Stat(folder)
		if err != nil || statErr != nil || time.Since(info.ModTime()) < time.Hour { //nolint:forbidigo // the age of a file, by the clock of its machine
			continue
		}
		if errors.Is(syscall.Kill(owner, 0), syscall.ESRCH) {
			_ = os.RemoveAll(folder)
		}
	}
}

// findPrograms finds the folder of initdb and postgres.
func findPrograms() (string, error) {
	candidates := filepath.SplitList(os.Getenv("PATH"))
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(installed) // the newest first
	for _, folder := range append(candidates, installed...) {
		if executable(filepath.Join(folder, "initdb")) && executable(filepath.Join(folder, "postgres")) {
			return folder, nil
		}
	}
	return "", errors.New("no PostgreSQL server here: " + howToInstall)
}

func executable(path string) bool {
	info, err := os.Stat(path) //nolint:gosec // the folders that PATH names
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// serverAccount is the account that the server runs under; nil: ours. PostgreSQL refuses to run as root.
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is the account that we have
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody: " + howToInstall)
}

func sparePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed again at once
	if err != nil {
		return 0, err
	}
	defer listener.Close() //nolint:errcheck // nothing was sent
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// logTail keeps the last lines of a log.
type logTail struct {
	mu    sync.Mutex
	lines []string
}

func (l *logTail) add(line string) {
	const most = 50
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	l.lines = l.lines[max(0, len(l.lines)-most):]
}

func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
