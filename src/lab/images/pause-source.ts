/**
 * The program that holds a pod's namespaces: waits, buries orphans (it is PID 1 where pods share a PID namespace), and ends when it is asked to.
 */
export const pauseSource = `#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

int main(void) {
  sigset_t signals;
  int number;

  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  /* Blocked and fetched one by one, so none is lost between two looks. */
  if (sigprocmask(SIG_BLOCK, &signals, 0) != 0) return 1;
  for (;;) {
    if (sigwait(&signals, &number) != 0) return 2;
    if (number != SIGCHLD) return 0;
    while (waitpid(-1, 0, WNOHANG) > 0) {
    }
  }
}
`;
